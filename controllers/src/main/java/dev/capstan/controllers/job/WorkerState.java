package dev.capstan.controllers.job;

import dev.capstan.protocol.Outcome;
import java.time.Instant;
import java.util.Optional;

/** How one worker of an attempt is, as its pod tells. */
sealed interface WorkerState {
    int rank();

    /** There is no pod. */
    record Missing(int rank) implements WorkerState {}

    /**
     * The pod is on its way.
     *
     * @param trouble what is in its way; empty when nothing is
     * @param until until when that may go by; empty as long as nobody speaks of more than waiting
     * @param quiet whether it is bound, and its status tells nothing of why it doesn't run
     */
    record Starting(int rank, String pod, String trouble, Optional<Instant> until, boolean quiet)
            implements WorkerState {}

    /**
     * The worker runs and may have met its peers.
     *
     * @param trouble what keeps its pod from being ready, beside the worker itself; empty when nothing does
     */
    record Running(int rank, String pod, String ip, boolean ready, String trouble) implements WorkerState {}

    /** The pod was told to end and its node will see to it: neither running nor gone. */
    record Ending(int rank, String pod) implements WorkerState {}

    /**
     * The worker ended and said how, or its exit code did.
     *
     * @param disturbed whether its pod was told to end, or its node was in trouble: then the end may not be its own
     *     doing
     * @param killed whether it was killed from outside, or went with its machine, and had no time for a word
     */
    record Ended(int rank, String pod, Outcome outcome, Instant at, boolean disturbed, boolean killed)
            implements WorkerState {}

    /**
     * The node's kubelet didn't take the pod, or what comes before the worker failed there.
     *
     * @param byKubelet whether it wasn't taken
     */
    record Refused(int rank, String pod, String why, boolean byKubelet) implements WorkerState {}

    /** The pod is there, as far as anybody knows, and isn't the job's any more: somebody has changed what it says. */
    record Strayed(int rank, String pod, String why) implements WorkerState {}

    /**
     * The pod was taken away: evicted, preempted, deleted, its node gone.
     *
     * @param withNode whether its node is gone, or says nothing any more
     */
    record Lost(int rank, String pod, String why, boolean withNode) implements WorkerState {}
}
