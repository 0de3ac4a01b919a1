package dev.capstan.controllers.job;

import dev.capstan.controllers.plan.WaitReason;
import dev.capstan.controllers.pods.PodLabels;
import dev.capstan.controllers.pods.PodReport;
import dev.capstan.protocol.Outcome;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Instant;
import java.util.Comparator;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Of the pods of attempts that are over, the one that stays: its log says more of why than a condition can. It has
 * ended, so it holds nothing but its name.
 */
final class KeptPod {
    private KeptPod() {}

    /** All pods of attempts before the current one. */
    static Stream<Pod> old(JobState state) {
        int attempt = state.attempt();
        return state.world().pods().stream().filter(pod -> PodLabels.attempt(pod) < attempt);
    }

    /**
     * Of the last attempt that has one, the pod that ended first by its own doing. None of a job that is to rest, of
     * which nothing is left, and none of one whose next pods are refused: it would count where a quota counts all pods
     * that there are.
     */
    static Optional<Pod> of(JobState state) {
        boolean refused = state.waiting()
                .filter(wait -> wait.reason().stage() == WaitReason.Stage.REFUSED)
                .isPresent();
        return (refused || StatusReader.toSuspend(state.job()) ? Stream.<Pod>empty() : old(state))
                .filter(pod -> PodReport.finished(pod)
                        && pod.getMetadata().getDeletionTimestamp() == null
                        && !state.world().onDeadNode(pod))
                .max(Comparator.comparing((Pod pod) -> PodLabels.attempt(pod))
                        .thenComparing(pod -> of(pod, state), Comparator.reverseOrder())
                        .thenComparing(PodLabels::rank, Comparator.reverseOrder()));
    }

    private static End of(Pod pod, JobState state) {
        return switch (WorkerStates.of(
                pod, PodLabels.rank(pod), state.world(), state.description().lessMemory())) {
            case WorkerState.Ended ended ->
                new End(
                        ended.outcome().reason() == Outcome.Reason.PeerLost
                                || ended.outcome().reason() == Outcome.Reason.NotNeeded
                                || ended.outcome().reason() == Outcome.Reason.Left
                                || ended.disturbed(),
                        ended.at());
            case WorkerState.Refused refused -> new End(refused.byKubelet(), Instant.EPOCH);
            case WorkerState.Lost lost -> new End(true, Instant.MAX);
            case WorkerState.Strayed strayed -> new End(true, Instant.MAX);
            case WorkerState.Starting starting -> new End(true, Instant.MAX);
            case WorkerState.Running running -> new End(true, Instant.MAX);
            case WorkerState.Ending ending -> new End(true, Instant.MAX);
            case WorkerState.Missing missing -> new End(true, Instant.MAX);
        };
    }

    /**
     * How much of the cause is to be seen in a pod: the most in the least of these.
     *
     * @param byOthers whether it ended because of something else
     */
    private record End(boolean byOthers, Instant at) implements Comparable<End> {
        @Override
        public int compareTo(End other) {
            return Comparator.comparing(End::byOthers).thenComparing(End::at).compare(this, other);
        }
    }
}
