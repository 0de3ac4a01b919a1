package dev.capstan.controllers.job;

import dev.capstan.protocol.Outcome;
import java.time.Instant;

/** How one worker of an attempt is, as its pod tells. */
sealed interface WorkerState {
    int rank();

    /** There is no pod. */
    record Missing(int rank) implements WorkerState {}

    /** The pod is on its way. {@code trouble} says what is in its way, and is empty when nothing is. */
    record Starting(int rank, String pod, String trouble) implements WorkerState {}

    /** The worker runs and may have met its peers. */
    record Running(int rank, String pod, String ip, boolean ready) implements WorkerState {}

    /** The pod was told to end and its node will see to it: neither running nor gone. */
    record Ending(int rank, String pod) implements WorkerState {}

    /**
     * The worker ended and said how, or its exit code did.
     *
     * @param disturbed whether its pod was told to end, or its node was in trouble: then the end may not be its own
     *     doing
     */
    record Ended(int rank, String pod, Outcome outcome, Instant at, boolean disturbed) implements WorkerState {}

    /** The node's kubelet didn't take the pod. */
    record Refused(int rank, String pod, String why) implements WorkerState {}

    /** The pod was taken away: evicted, preempted, deleted, its node gone. */
    record Lost(int rank, String pod, String why) implements WorkerState {}
}
