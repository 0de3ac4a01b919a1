package dev.capstan.controllers.plan;

/**
 * Waiting, as a value: nothing went wrong, something has to come first.
 *
 * @param reason one of {@link dev.capstan.crds.Reasons}
 * @param message for what, with numbers
 */
public record Wait(String reason, String message) {}
