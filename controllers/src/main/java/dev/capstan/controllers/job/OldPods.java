package dev.capstan.controllers.job;

import dev.capstan.controllers.pods.PodLabels;
import dev.capstan.controllers.pods.PodReport;
import dev.capstan.crds.JobStatus;
import dev.capstan.crds.Membership;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The pods that seats had before, in an attempt that goes on without them: they hold their room, and may work on, until
 * they are deleted.
 */
final class OldPods {
    private OldPods() {}

    /**
     * The same workers, but for those that ended by their own doing, and were replaced before their last words were
     * heard: their peers miss them sooner than their kubelet tells.
     */
    static List<WorkerState> withLastWords(JobState state, List<WorkerState> workers) {
        if (openSince(state).isEmpty()) {
            return workers;
        }
        var all = new ArrayList<>(workers);
        for (var pod : all(state)) {
            state.seats()
                    .held(PodLabels.rank(pod))
                    .map(rank -> WorkerStates.of(
                            pod, rank, state.world(), state.description().lessMemory()))
                    .filter(worker -> worker instanceof WorkerState.Ended ended && !ended.killed())
                    .ifPresent(worker -> all.set(worker.rank(), worker));
        }
        return List.copyOf(all);
    }

    private static List<Pod> all(JobState state) {
        return Gang.of(state.world().pods(), state.attempt(), state.description())
                .replaced();
    }

    private static Optional<Instant> openSince(JobState state) {
        return state.status()
                .map(JobStatus::getMembership)
                .map(Membership::getSince)
                .map(Instant::parse);
    }

    /** Has them deleted; what hasn't ended may yet tell why it does, and is waited for a little. */
    static Decision deleted(JobState state, Decision decision) {
        var left = openSince(state)
                .map(since -> Duration.between(state.world().now(), since.plus(AttemptOutcome.HEAR_THEM_ALL)))
                .filter(Duration::isPositive);
        var old = all(state).stream()
                .filter(pod -> pod.getMetadata().getDeletionTimestamp() == null)
                .collect(Collectors.partitioningBy(pod -> left.isEmpty() || PodReport.finished(pod)));
        var deleting = decision.alsoDeleting(old.get(true));
        return old.get(false).isEmpty() ? deleting : deleting.again(left.orElseThrow());
    }
}
