package dev.capstan.worker.serve.model;

/**
 * Whether a model's copy is kept beside its source, for replicas that come when the source is another or gone.
 *
 * @param is whether it is
 * @param message where; or why not, in a sentence
 */
public record Kept(boolean is, String message) {}
