package dev.capstan.controllers.job;

import dev.capstan.controllers.pods.PodReport;
import dev.capstan.protocol.Events;
import dev.capstan.protocol.Outcome;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Which workers of a running attempt are lost, by their pods, their nodes, and what their peers say. */
final class Losses {
    private final JobState state;
    private final World world;
    private final List<WorkerState> workers;
    private final int term;
    private final List<Integer> gathering;
    private final Map<Integer, Pod> pods;
    private final Seats seats;

    /**
     * @param term that the workers are in
     * @param gathering ranks whose next pods are about to be made, or to run
     */
    Losses(JobState state, List<WorkerState> workers, int term, List<Integer> gathering) {
        this.state = state;
        this.world = state.world();
        this.workers = workers;
        this.term = term;
        this.gathering = gathering;
        pods = Gang.of(world.pods(), state.attempt(), state.description()).bySeat();
        seats = state.seats();
    }

    /** What takes a worker away, as {@code status.recovery.restartsByCause} counts it. */
    enum Cause {
        Deleted,
        Evicted,
        Killed,
        NodeLost,
        Unreachable
    }

    /** @param what a sentence without an end */
    record Loss(int rank, Cause cause, String what) {
        String message() {
            return "worker " + rank + " was lost: " + what;
        }
    }

    /**
     * Whether a worker ended because it was asked to stop, in a gang that goes on without it. Of one whose time was
     * over before it could leave between two steps, that is so only if others are left. One that stood by until it was
     * asked, and was given a rank at that moment, had nothing to leave.
     */
    static boolean hasLeft(WorkerState.Ended ended) {
        var reason = ended.outcome().reason();
        return reason == Outcome.Reason.Left
                || reason == Outcome.Reason.NotNeeded
                || reason == Outcome.Reason.StateNotKept;
    }

    /** In rank order. */
    List<Loss> all() {
        return workers.stream().flatMap(worker -> of(worker).stream()).toList();
    }

    private Optional<Loss> of(WorkerState worker) {
        int rank = worker.rank();
        return switch (worker) {
            case WorkerState.Missing missing -> gathering.contains(rank) ? Optional.empty() : Optional.of(gone(rank));
            case WorkerState.Strayed strayed ->
                Optional.of(new Loss(
                        rank,
                        Cause.Deleted,
                        "its pod %s is no longer this job's: %s".formatted(strayed.pod(), strayed.why())));
            case WorkerState.Lost lost ->
                Optional.of(new Loss(rank, cause(lost), "pod %s: %s".formatted(lost.pod(), lost.why())));
            case WorkerState.Ended ended ->
                ended.killed()
                        ? Optional.of(new Loss(
                                rank,
                                cause(ended, pod(rank).orElseThrow(), world),
                                "pod %s %s"
                                        .formatted(ended.pod(), ended.outcome().message())))
                        : hasLeft(ended)
                                ? Optional.of(
                                        left(rank, ended.pod(), ended.outcome().message()))
                                : Optional.empty();
            case WorkerState.Starting starting ->
                onDeadNode(rank) ? Optional.of(nodeLost(rank, starting.pod())) : Optional.empty();
            case WorkerState.Running running ->
                saysThatItLeft(rank, running.pod())
                        .or(() -> gathering.contains(rank) || !isBlamed(rank)
                                ? Optional.empty()
                                : unreachable(rank, running.pod()));
            case WorkerState.Refused refused -> Optional.empty();
            case WorkerState.Ending ending -> saysThatItLeft(rank, ending.pod());
        };
    }

    /** Its pod was there, and isn't any more: who had it go was heard while it was there, or told by others. */
    private Loss gone(int rank) {
        var pod = state.description().podName(state.attempt(), seats.of(rank));
        return Optional.ofNullable(world.hadToGo(state.attempt()).get(pod))
                .map(why -> new Loss(rank, Cause.Evicted, "its pod %s had to go: %s".formatted(pod, why)))
                .orElseGet(() -> new Loss(rank, Cause.Deleted, "its pod was deleted"));
    }

    /** Its peers wait for another already, and its kubelet tells of its end later. */
    private Optional<Loss> saysThatItLeft(int rank, String pod) {
        return world.voices()
                .of(rank, pod)
                .filter(Voices.Heard::hasLeft)
                .map(voice -> left(rank, pod, "asked to stop by SIGTERM"));
    }

    private static Cause causeOfLeaving(Pod pod) {
        // Who asks a container to stop without having its pod deleted is its kubelet.
        return PodReport.disruption(pod).isEmpty() && pod.getMetadata().getDeletionTimestamp() != null
                ? Cause.Deleted
                : Cause.Evicted;
    }

    static Cause cause(WorkerState.Lost lost) {
        return lost.withNode() ? Cause.NodeLost : Cause.Evicted;
    }

    /** What took a worker away that has ended and may have told why. */
    static Cause cause(WorkerState.Ended ended, Pod pod, World world) {
        if (world.onDeadNode(pod)) {
            return Cause.NodeLost;
        }
        return ended.killed() ? Cause.Killed : causeOfLeaving(pod);
    }

    private Loss left(int rank, String pod, String what) {
        var there = pod(rank);
        var disruption = there.flatMap(PodReport::disruption);
        return new Loss(
                rank,
                there.map(Losses::causeOfLeaving).orElse(Cause.Deleted),
                "pod %s: %s"
                        .formatted(pod, disruption.map(why -> what + "; " + why).orElse(what)));
    }

    /** Its peers say so, and it doesn't answer us either; that a node isn't ready alone stops no worker on it. */
    private Optional<Loss> unreachable(int rank, String pod) {
        if (onDeadNode(rank)) {
            return Optional.of(nodeLost(rank, pod));
        }
        // One that has said that it ends says in its last word why.
        return world.voices()
                .of(rank, pod)
                .filter(voice -> !voice.reached() && !voice.hasEnded())
                .map(voice -> new Loss(
                        rank, Cause.Unreachable, "pod %s answers neither its peers nor the operator".formatted(pod)));
    }

    private Loss nodeLost(int rank, String pod) {
        return new Loss(
                rank,
                Cause.NodeLost,
                "pod %s: its node %s is not ready"
                        .formatted(pod, pod(rank).orElseThrow().getSpec().getNodeName()));
    }

    private boolean onDeadNode(int rank) {
        return pod(rank).filter(world::onDeadNode).isPresent();
    }

    private Optional<Pod> pod(int rank) {
        return Optional.ofNullable(pods.get(seats.of(rank)));
    }

    private boolean isBlamed(int rank) {
        return world.voices()
                .in(term, Events.Kind.LOST)
                .anyMatch(event -> event.ranks() != null && event.ranks().contains(rank));
    }
}
