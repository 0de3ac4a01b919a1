package dev.capstan.controllers.job;

import dev.capstan.controllers.admission.cluster.Claim;
import dev.capstan.controllers.admission.cluster.ClusterView;
import dev.capstan.controllers.admission.cluster.NodeConstraints;
import dev.capstan.controllers.admission.cluster.Requests;
import dev.capstan.controllers.admission.cluster.Resources;
import dev.capstan.controllers.admission.queue.Gang;
import dev.capstan.controllers.pods.WorkerPods;
import dev.capstan.controllers.pods.WorkerSettings;
import dev.capstan.crds.CapstanJob;
import dev.capstan.crds.Placement;
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

/** A job as admission sees it: a gang that waits, places that it holds, or neither. */
public final class JobGangs {
    private JobGangs() {}

    /**
     * The gang of a job that asks for places: one whose status says that it waits for them. A job that has to wait for
     * something else first, such as a claim or the end of its old pods, doesn't queue.
     *
     * @param priority the value of a priority class; of no name, the value of those that name none
     * @param claims a volume claim by namespace and name
     */
    public static Optional<Gang> waiting(
            JobDescription description,
            WorkerSettings settings,
            ToIntFunction<Optional<String>> priority,
            BiFunction<String, String, Optional<Claim>> claims) {
        var job = description.job();
        boolean queued = StatusReader.queues(job)
                && job.getStatus().getAttempt() != null
                && job.getMetadata().getDeletionTimestamp() == null
                && !StatusReader.toSuspend(job)
                && !StatusReader.granted(job);
        return queued
                ? Optional.of(gang(
                        description,
                        settings,
                        priority.applyAsInt(job.getSpec().scheduling().priorityClassName()),
                        claims(description, claims)))
                : Optional.empty();
    }

    /** The places that a job holds; those whose pods are there are told apart by the pods. */
    public static Optional<ClusterView.Hold> hold(JobDescription description, WorkerSettings settings) {
        var job = description.job();
        if (!StatusReader.granted(job) || StatusReader.finished(job)) {
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
                requests(description, admission.getAttempt(), settings),
                Instant.parse(admission.getTime()),
                ends(job)));
    }

    /** What a pod of the first pod set asks for. */
    private static Resources requests(JobDescription description, int attempt, WorkerSettings settings) {
        var set = description.podSets().getFirst();
        return Requests.of(WorkerPods.spec(description.owner(), set, attempt, set.firstRank(), settings));
    }

    /** When a job will be through, by its own progress, and by its deadline at the latest. */
    private static Optional<Instant> ends(CapstanJob<?, ?> job) {
        var status = job.getStatus();
        var progress = status.getProgress();
        var byProgress = progress == null || progress.getEstimatedSecondsRemaining() == null
                ? Stream.<Instant>empty()
                : Stream.of(
                        Instant.parse(progress.getUpdatedTime()).plusSeconds(progress.getEstimatedSecondsRemaining()));
        var byDeadline = status.getStartTime() == null
                ? Stream.<Instant>empty()
                : job.getSpec().activeDeadline().stream().map(Instant.parse(status.getStartTime())::plus);
        return Stream.concat(byProgress, byDeadline).min(Comparator.naturalOrder());
    }

    /** The claims that the job mounts and that are there, by name. */
    private static SortedMap<String, Claim> claims(
            JobDescription description, BiFunction<String, String, Optional<Claim>> claims) {
        var there = new TreeMap<String, Claim>();
        for (var name : description.volumes().claims()) {
            claims.apply(description.job().getMetadata().getNamespace(), name)
                    .ifPresent(claim -> there.put(name, claim));
        }
        return there;
    }

    private static Gang gang(
            JobDescription description, WorkerSettings settings, int priority, SortedMap<String, Claim> claims) {
        var job = description.job();
        var metadata = job.getMetadata();
        var workers = description.podSets().getFirst().workers();
        int attempt = job.getStatus().getAttempt();
        return new Gang(
                new Gang.Job(metadata.getNamespace(), metadata.getName(), metadata.getUid()),
                attempt,
                priority,
                Instant.parse(metadata.getCreationTimestamp()),
                description.replicas(),
                requests(description, attempt, settings),
                new NodeConstraints(
                        workers.nodeSelector(),
                        workers.tolerations(),
                        claims.values().stream()
                                .flatMap(claim -> claim.reachableFrom().stream())
                                .distinct()
                                .toList(),
                        Set.of()),
                oneNode(description, claims).or(() -> topology(job)),
                job.getSpec().activeDeadline());
    }

    /** All pods on one node, if a claim can be mounted by one only. */
    private static Optional<Gang.Topology> oneNode(JobDescription description, SortedMap<String, Claim> claims) {
        return description.replicas() == 1
                ? Optional.empty()
                : claims.entrySet().stream()
                        .filter(claim -> claim.getValue().isOfOneNode())
                        .map(Map.Entry::getKey)
                        .findFirst()
                        .map(Gang.Topology::oneNode);
    }

    private static Optional<Gang.Topology> topology(CapstanJob<?, ?> job) {
        return job.getSpec()
                .scheduling()
                .topology()
                .map(topology -> topology.getRequired() == null
                        ? new Gang.Topology(topology.getPreferred(), false, Optional.empty())
                        : new Gang.Topology(topology.getRequired(), true, Optional.empty()));
    }
}
