package dev.capstan.controllers.job;

import dev.capstan.controllers.admission.cluster.Claim;
import dev.capstan.controllers.admission.cluster.Grant;
import dev.capstan.controllers.admission.cluster.Requests;
import dev.capstan.controllers.admission.cluster.Resources;
import dev.capstan.controllers.admission.queue.PodSet;
import dev.capstan.controllers.admission.queue.Workload;
import dev.capstan.controllers.pods.CheckPods;
import dev.capstan.controllers.pods.PodPlaces;
import dev.capstan.controllers.pods.WorkerPods;
import dev.capstan.controllers.pods.WorkerSettings;
import dev.capstan.crds.CapstanJob;
import dev.capstan.crds.Placement;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.function.BiFunction;
import java.util.function.ToIntFunction;
import java.util.stream.Stream;

/** A job as admission sees it: a workload that waits, places that it holds, or neither. */
public final class JobWorkloads {
    private JobWorkloads() {}

    /**
     * The workload of a job that asks for places: one whose status says that it waits for them, or whose lost workers
     * need others. A job that has to wait for something else first, such as a claim or the end of its old pods, doesn't
     * queue.
     *
     * @param priority the value of a priority class; of no name, the value of those that name none
     * @param claims a volume claim by namespace and name
     */
    public static Optional<Workload> waiting(
            JobDescription description,
            WorkerSettings settings,
            ToIntFunction<Optional<String>> priority,
            BiFunction<String, String, Optional<Claim>> claims) {
        var job = description.job();
        boolean queued = StatusReader.queues(job) && job.getStatus().getAttempt() != null && !StatusReader.granted(job);
        boolean wants = job.getMetadata().getDeletionTimestamp() == null && !StatusReader.toSuspend(job);
        return wants && (queued || StatusReader.lacksPlaces(description))
                ? Optional.of(workload(
                        description,
                        settings,
                        priority.applyAsInt(job.getSpec().scheduling().priorityClassName()),
                        PodPlaces.claims(job, description.volumes().claims(), claims)))
                : Optional.empty();
    }

    /**
     * The places that a job holds; those whose pods are there are told apart by the pods.
     *
     * @param priority the value of a priority class; of no name, the value of those that name none
     */
    public static Optional<Grant> grant(
            JobDescription description, WorkerSettings settings, ToIntFunction<Optional<String>> priority) {
        var job = description.job();
        if (!StatusReader.granted(job) || StatusReader.finished(job)) {
            return Optional.empty();
        }
        var admission = job.getStatus().getAdmission();
        var since = Instant.parse(admission.getTime());
        return Optional.of(new Grant(
                PodPlaces.id(job),
                admission.getAttempt(),
                priority.applyAsInt(job.getSpec().scheduling().priorityClassName()),
                podSets(description)
                        .map(set -> new Grant.Seats(
                                set.name(),
                                set.firstRank(),
                                requests(description, set, admission.getAttempt(), settings),
                                PodPlaces.nodes(admission, set.firstRank(), set.replicas())))
                        .toList(),
                since,
                // What is known of the job's end is about its workers.
                DataCheck.isDue(description) ? Optional.empty() : ends(job),
                savedAt(job, since),
                false,
                job.getStatus().getMembership() != null));
    }

    /** The places that a job gives back, because workers are lost with their nodes. */
    public static List<Placement> givenBack(CapstanJob<?, ?> job) {
        return StatusReader.granted(job) && job.getStatus().getMembership() != null
                ? Optional.ofNullable(job.getStatus().getMembership().getGivenBack())
                        .orElse(List.of())
                : List.of();
    }

    /** What a pod of a pod set asks for. */
    private static Resources requests(
            JobDescription description, dev.capstan.controllers.pods.PodSet set, int attempt, WorkerSettings settings) {
        var owner = description.owner();
        return Requests.of(
                set.isCheck()
                        ? CheckPods.spec(owner, set, attempt, settings)
                        : WorkerPods.spec(owner, set, attempt, set.firstRank(), settings));
    }

    /** The pods of the current attempt. */
    private static Stream<dev.capstan.controllers.pods.PodSet> podSets(JobDescription description) {
        return DataCheck.isDue(description) ? Stream.of(description.check()) : description.podSets().stream();
    }

    /** Whether what waits is a pod that checks data, and no gang. */
    public static boolean isCheck(Workload workload) {
        return workload.podSets().getFirst().name().equals(dev.capstan.controllers.pods.PodSet.CHECK);
    }

    /** Whether the current attempt is the first that is to do the job's work. */
    public static boolean isFirst(JobDescription description) {
        var attempts = Attempts.of(Optional.ofNullable(description.job().getStatus()), false, false);
        return !DataCheck.isDue(description) && attempts.number() == attempts.checks() + 1;
    }

    /** Until when its work is saved: until its last checkpoint, or not since it got its places. */
    private static Instant savedAt(CapstanJob<?, ?> job, Instant since) {
        return Optional.ofNullable(job.getStatus().getLastCheckpoint())
                .map(checkpoint -> checkpoint.getTime())
                .map(Instant::parse)
                .filter(time -> time.isAfter(since))
                .orElse(since);
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

    private static Workload workload(
            JobDescription description, WorkerSettings settings, int priority, SortedMap<String, Claim> claims) {
        var job = description.job();
        int attempt = job.getStatus().getAttempt();
        boolean check = DataCheck.isDue(description);
        return new Workload(
                PodPlaces.id(job),
                attempt,
                priority,
                Instant.parse(job.getMetadata().getCreationTimestamp()),
                podSets(description)
                        .map(set -> PodSet.whole(
                                set.name(),
                                set.firstRank(),
                                set.replicas(),
                                requests(description, set, attempt, settings),
                                PodPlaces.where(set, claims)))
                        .toList(),
                check ? Optional.empty() : topology(description, claims),
                // That counts from the workers' places.
                check ? Optional.empty() : job.getSpec().activeDeadline(),
                check ? Optional.empty() : description.spread(),
                false);
    }

    private static Optional<Workload.Topology> topology(JobDescription description, SortedMap<String, Claim> claims) {
        var oneNode = description.pods() == 1 ? Optional.<Workload.Topology>empty() : PodPlaces.oneNode(claims);
        return oneNode.or(() -> PodPlaces.topology(description.job().getSpec().scheduling()));
    }
}
