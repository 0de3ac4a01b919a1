package dev.capstan.controllers.training;

import dev.capstan.controllers.gang.Claim;
import dev.capstan.controllers.gang.ClusterView;
import dev.capstan.controllers.gang.Gang;
import dev.capstan.controllers.gang.Requests;
import dev.capstan.controllers.gang.Where;
import dev.capstan.crds.Placement;
import dev.capstan.crds.Scheduling;
import dev.capstan.crds.training.TrainingDefaults;
import dev.capstan.crds.training.TrainingJob;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.function.ToIntFunction;
import java.util.stream.Stream;

/** A training job as admission sees it: a gang that waits, places that it holds, or neither. */
public final class TrainingGangs {
    private TrainingGangs() {}

    /**
     * The gang of a job that asks for places: one whose status says that it waits for them. A job that has to wait for
     * something else first, such as a claim or the end of its old pods, doesn't queue.
     *
     * @param priority the value of a priority class; of no name, the value of those that name none
     * @param claims a volume claim by namespace and name
     */
    public static Optional<Gang> waiting(
            TrainingJob job,
            WorkerSettings settings,
            ToIntFunction<Optional<String>> priority,
            BiFunction<String, String, Optional<Claim>> claims) {
        boolean queued = Standing.queues(job)
                && job.getStatus().getAttempt() != null
                && job.getMetadata().getDeletionTimestamp() == null
                && !Standing.toSuspend(job)
                && !Standing.granted(job);
        return queued
                ? Optional.of(gang(
                        job,
                        settings,
                        priority.applyAsInt(TrainingDefaults.priorityClassName(job.getSpec())),
                        claims(job, claims)))
                : Optional.empty();
    }

    /** The places that a job holds; those whose pods are there are told apart by the pods. */
    public static Optional<ClusterView.Hold> hold(TrainingJob job, WorkerSettings settings) {
        if (!Standing.granted(job) || Standing.finished(job)) {
            return Optional.empty();
        }
        var admission = job.getStatus().getAdmission();
        List<String> nodes = admission.getPlacements().stream()
                .sorted(Comparator.comparing(Placement::getRank))
                .map(Placement::getNode)
                .toList();
        return Optional.of(new ClusterView.Hold(
                job.getMetadata().getUid(),
                job.getMetadata().getNamespace(),
                admission.getAttempt(),
                nodes,
                Requests.of(WorkerPods.spec(job, admission.getAttempt(), 0, settings)),
                Instant.parse(admission.getTime()),
                ends(job)));
    }

    /** When a job will be through, by its own progress, and by its deadline at the latest. */
    private static Optional<Instant> ends(TrainingJob job) {
        var status = job.getStatus();
        var progress = status.getProgress();
        var byProgress = progress == null || progress.getEstimatedSecondsRemaining() == null
                ? Stream.<Instant>empty()
                : Stream.of(
                        Instant.parse(progress.getUpdatedTime()).plusSeconds(progress.getEstimatedSecondsRemaining()));
        var byDeadline = status.getStartTime() == null
                ? Stream.<Instant>empty()
                : TrainingDefaults.activeDeadline(job.getSpec()).stream()
                        .map(Instant.parse(status.getStartTime())::plus);
        return Stream.concat(byProgress, byDeadline).min(Comparator.naturalOrder());
    }

    /** The claims that the job mounts and that are there, by name. */
    private static SortedMap<String, Claim> claims(
            TrainingJob job, BiFunction<String, String, Optional<Claim>> claims) {
        var there = new TreeMap<String, Claim>();
        for (var name : Volumes.claims(job)) {
            claims.apply(job.getMetadata().getNamespace(), name).ifPresent(claim -> there.put(name, claim));
        }
        return there;
    }

    private static Gang gang(TrainingJob job, WorkerSettings settings, int priority, SortedMap<String, Claim> claims) {
        var metadata = job.getMetadata();
        var workers = job.getSpec().getWorkers();
        int attempt = job.getStatus().getAttempt();
        return new Gang(
                new Gang.Job(metadata.getNamespace(), metadata.getName(), metadata.getUid()),
                attempt,
                priority,
                Instant.parse(metadata.getCreationTimestamp()),
                TrainingDefaults.replicas(job.getSpec()),
                Requests.of(WorkerPods.spec(job, attempt, 0, settings)),
                new Where(
                        workers == null || workers.getNodeSelector() == null ? Map.of() : workers.getNodeSelector(),
                        workers == null || workers.getTolerations() == null ? List.of() : workers.getTolerations(),
                        claims.values().stream()
                                .flatMap(claim -> claim.reachableFrom().stream())
                                .distinct()
                                .toList(),
                        Set.of()),
                oneNode(job, claims).or(() -> topology(job)),
                TrainingDefaults.activeDeadline(job.getSpec()));
    }

    /** All pods on one node, if a claim can be mounted by one only. */
    private static Optional<Gang.Topology> oneNode(TrainingJob job, SortedMap<String, Claim> claims) {
        return TrainingDefaults.replicas(job.getSpec()) == 1
                ? Optional.empty()
                : claims.entrySet().stream()
                        .filter(claim -> claim.getValue().isOfOneNode())
                        .map(Map.Entry::getKey)
                        .findFirst()
                        .map(Gang.Topology::oneNode);
    }

    private static Optional<Gang.Topology> topology(TrainingJob job) {
        return Optional.ofNullable(job.getSpec().getScheduling())
                .map(Scheduling::getTopology)
                .map(topology -> topology.getRequired() == null
                        ? new Gang.Topology(topology.getPreferred(), false, Optional.empty())
                        : new Gang.Topology(topology.getRequired(), true, Optional.empty()));
    }
}
