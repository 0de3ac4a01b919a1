package dev.capstan.controllers.job;

import dev.capstan.controllers.pods.PodLabels;
import dev.capstan.controllers.pods.PodReport;
import dev.capstan.protocol.Outcome;
import dev.capstan.protocol.Progress;
import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/** Reads the state of each worker of an attempt off its pod. */
final class WorkerStates {
    /** Words by which a pod was taken away rather than refused, even if it never started. */
    private static final Set<String> TAKEN_AWAY =
            Set.of("Evicted", "Preempting", "NodeShutdown", "Shutdown", "Terminated", "NodeLost", "DeletionByPodGC");

    /**
     * How long a kubelet may find no way to start a pod: what passes by itself, such as a cache that lags behind a
     * secret that was made just now, does so sooner.
     */
    static final Duration PATIENCE = Duration.ofSeconds(30);

    private WorkerStates() {}

    /** The state of every rank, in rank order. */
    static List<WorkerState> of(World world, int attempt, JobDescription description) {
        var bySeat = Gang.of(world.pods(), attempt, description).bySeat();
        var seats = Seats.of(description);
        return IntStream.range(0, seats.workers())
                .mapToObj(rank -> of(rank, seats.of(rank), bySeat, world, description))
                .toList();
    }

    /** The state of every spare, by the number of its seat in the place of a rank. */
    static List<WorkerState> ofSpares(World world, int attempt, JobDescription description) {
        var bySeat = Gang.of(world.pods(), attempt, description).bySeat();
        return Seats.of(description).ofSpares().stream()
                .map(seat -> of(seat, seat, bySeat, world, description))
                .toList();
    }

    private static WorkerState of(
            int rank, int seat, Map<Integer, Pod> bySeat, World world, JobDescription description) {
        return Optional.ofNullable(bySeat.get(seat))
                .map(pod -> of(pod, rank, world, description.lessMemory()))
                .or(() -> Optional.ofNullable(world.strays().get(seat))
                        .map(stray -> new WorkerState.Strayed(rank, stray.pod(), stray.why())))
                .orElseGet(() -> new WorkerState.Missing(rank));
    }

    /** How many of the workers are ready. */
    static int ready(List<WorkerState> workers) {
        return (int) workers.stream().filter(WorkerStates::isReady).count();
    }

    private static boolean isReady(WorkerState worker) {
        return worker instanceof WorkerState.Running(var rank, var pod, var ip, var ready, var trouble) && ready;
    }

    /** How the worker of one pod is. */
    static WorkerState of(Pod pod, int rank, World world, String lessMemory) {
        var name = pod.getMetadata().getName();
        var status = pod.getStatus();
        var container = PodReport.container(pod).map(ContainerStatus::getState);
        var takenAway = status != null && TAKEN_AWAY.contains(orEmpty(status.getReason()));
        if (takenAway) {
            return new WorkerState.Lost(rank, name, PodReport.because(status.getReason(), status.getMessage()), false);
        }
        var ended = container.map(ContainerState::getTerminated);
        if (ended.isPresent()) {
            return Endings.of(rank, pod, ended.get(), world.onDeadNode(pod), lessMemory);
        }
        if (world.onGoneNode(pod)) {
            return new WorkerState.Lost(rank, name, "its node " + pod.getSpec().getNodeName() + " is gone", true);
        }
        if (pod.getMetadata().getDeletionTimestamp() != null) {
            return world.onDeadNode(pod)
                    ? new WorkerState.Lost(
                            rank, name, "its node " + pod.getSpec().getNodeName() + " is not ready", true)
                    : new WorkerState.Ending(rank, name);
        }
        if (PodReport.finished(pod)) {
            return new WorkerState.Refused(rank, name, PodReport.ending(pod), !PodReport.failedBefore(pod));
        }
        if (container.map(ContainerState::getRunning).isPresent()) {
            boolean ready = PodReport.ready(pod);
            return new WorkerState.Running(rank, name, status.getPodIP(), ready, ready ? "" : PodReport.trouble(pod));
        }
        return starting(pod, rank, world);
    }

    private static WorkerState starting(Pod pod, int rank, World world) {
        var name = pod.getMetadata().getName();
        var shown = PodReport.trouble(pod);
        var trouble = shown.isEmpty() ? world.told().getOrDefault(name, "") : shown;
        if (PodReport.isGivenUp(pod)) {
            return new WorkerState.Starting(rank, name, trouble, Optional.of(Instant.EPOCH), false);
        }
        var bound = PodReport.boundSince(pod);
        var until = bound.filter(since -> !trouble.isEmpty()).map(since -> since.plus(PATIENCE));
        return new WorkerState.Starting(rank, name, trouble, until, bound.isPresent() && shown.isEmpty());
    }

    /** The checkpoint that the worker of a pod told of as it ended. */
    static Optional<Progress.Checkpoint> lastCheckpoint(Pod pod) {
        return outcome(pod).map(Outcome::checkpoint);
    }

    /** What the worker of a pod told as it ended. */
    static Optional<Outcome> outcome(Pod pod) {
        return PodReport.container(pod)
                .map(ContainerStatus::getState)
                .map(ContainerState::getTerminated)
                .map(ended ->
                        Endings.of(PodLabels.rank(pod), pod, ended, false, "").outcome());
    }

    private static String orEmpty(String text) {
        return text == null ? "" : text;
    }
}
