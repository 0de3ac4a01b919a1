package dev.capstan.protocol;

import com.fasterxml.jackson.annotation.JsonEnumDefaultValue;
import java.util.List;

/**
 * What has happened to a worker: it answers with this on {@link Contract#EVENTS_PATH}, at once if there is something
 * later than what was asked for, else when there is, or with nothing after {@link Contract#EVENTS_SECONDS}.
 *
 * @param attempt the attempt that this is about
 * @param rank whose events they are; of a spare that has no rank yet, its number
 * @param term that the worker is in, or was the last; {@link Membership#FIRST} until it has taken a membership
 * @param recoverable whether it could go on in another term now: it holds the training's state, or waits for it; of a
 *     spare that has no rank yet, whether it could take one at once
 * @param events in their order
 */
public record Events(int attempt, int rank, int term, boolean recoverable, List<Event> events) {
    /**
     * @param number counted from 1 in the life of a worker's process
     * @param term in which it happened
     * @param kind what happened
     * @param ranks of a loss: those that are blamed, by this worker or by the one that told it; else empty
     * @param operation of the attempt's collectives, counted from 1: the one that waits, or that went on; 0 of a
     *     newcomer that has no state yet
     * @param seconds of a recovery: from the loss, or from the membership if no loss came before it, to the first
     *     operation that was complete again; else 0
     * @param message a sentence for the log, without an end
     */
    public record Event(
            long number, int term, Kind kind, List<Integer> ranks, long operation, double seconds, String message) {}

    /** What may happen. */
    public enum Kind {
        /** An operation has failed: the worker waits for another term, for {@link Timeouts#regroup()} at most. */
        LOST,
        /** All ranks are there again, and an operation is complete in the new term. */
        RECOVERED,
        /**
         * The worker was asked to stop, and its peers were not: they miss it from now on, and wait for another term.
         */
        LEFT,
        /** The worker ends: a gang that somebody has left so gets no other term. */
        ENDED,
        /** What a later release of the worker tells of: whoever reads that passes over it. */
        @JsonEnumDefaultValue
        OTHER
    }
}
