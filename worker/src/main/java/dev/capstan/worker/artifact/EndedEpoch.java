package dev.capstan.worker.artifact;

import dev.capstan.protocol.Progress.Epoch;

/**
 * An epoch that is over.
 *
 * @param epoch what it came to
 * @param millis when it ended, since 1970
 */
public record EndedEpoch(Epoch epoch, long millis) {}
