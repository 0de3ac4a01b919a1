package dev.capstan.controllers.plan;

/**
 * Waiting, as a value: nothing went wrong, something has to come first.
 *
 * @param reason what is waited for
 * @param message the same for people, with numbers
 */
public record Wait(WaitReason reason, String message) {}
