package dev.capstan.controllers.job;

import dev.capstan.controllers.pods.PodLabels;
import dev.capstan.controllers.pods.PodReport;
import dev.capstan.crds.JobStatus;
import dev.capstan.crds.Membership;
import dev.capstan.protocol.Outcome;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
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
            rank(state, pod)
                    .map(rank -> WorkerStates.of(
                            pod, rank, state.world(), state.description().lessMemory()))
                    .filter(worker -> worker instanceof WorkerState.Ended ended && speaks(ended))
                    .ifPresent(worker -> all.set(worker.rank(), worker));
        }
        return List.copyOf(all);
    }

    /** The rank that a pod had; empty of one that stood by, and of a seat's pods before the last, which may have. */
    private static Optional<Integer> rank(JobState state, Pod pod) {
        int seat = PodLabels.rank(pod);
        var seats = state.seats();
        boolean known = seats.spares() == 0
                || pod.getMetadata()
                        .getName()
                        .equals(state.description().podName(state.attempt(), seat, seats.incarnation(seat) - 1));
        return known ? seats.held(seat) : Optional.empty();
    }

    /** Who was cut off, has left, or lost others, says nothing about those that go on. */
    private static boolean speaks(WorkerState.Ended ended) {
        return !ended.killed() && !Losses.hasLeft(ended) && ended.outcome().reason() != Outcome.Reason.PeerLost;
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

    /**
     * Has them deleted; what hasn't ended may yet tell why it does, and is waited for a little. Of workers that were
     * killed the last one's pod stays, for its log: it has ended, so it holds nothing but its name.
     */
    static Decision deleted(JobState state, Decision decision) {
        var left = openSince(state)
                .map(since -> Duration.between(state.world().now(), since.plus(AttemptOutcome.HEAR_THEM_ALL)))
                .filter(Duration::isPositive);
        var there = all(state).stream()
                .filter(pod -> pod.getMetadata().getDeletionTimestamp() == null)
                .toList();
        var kept = there.stream()
                .filter(pod ->
                        !state.world().onDeadNode(pod) && killedAt(state, pod).isPresent())
                .max(Comparator.comparing(pod -> killedAt(state, pod).orElseThrow()));
        var old = there.stream()
                .filter(pod -> kept.filter(other -> other == pod).isEmpty())
                .collect(Collectors.partitioningBy(pod -> left.isEmpty() || PodReport.finished(pod)));
        var deleting = decision.alsoDeleting(old.get(true));
        return old.get(false).isEmpty() ? deleting : deleting.again(left.orElseThrow());
    }

    private static Optional<Instant> killedAt(JobState state, Pod pod) {
        if (rank(state, pod).isEmpty()) {
            return Optional.empty();
        }
        var worker = WorkerStates.of(
                pod, PodLabels.rank(pod), state.world(), state.description().lessMemory());
        return worker instanceof WorkerState.Ended ended && ended.killed() && PodReport.finished(pod)
                ? Optional.of(ended.at())
                : Optional.empty();
    }
}
