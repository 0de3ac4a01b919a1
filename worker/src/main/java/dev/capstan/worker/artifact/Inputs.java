package dev.capstan.worker.artifact;

/**
 * What a job has read, by content: files may change under the same URI. Each is {@code sha256:} and 64 hex digits.
 *
 * @param train over the training samples
 * @param test over the test samples; null if there are none
 * @param from over the model that it went on from; null if there is none
 * @param jar over the user's own layers, or TorchScript module; null if there are none
 */
public record Inputs(String train, String test, String from, String jar) {}
