package dev.capstan.controllers.job;

import dev.capstan.controllers.lineage.ModelSource;
import dev.capstan.controllers.plan.Notice;
import dev.capstan.controllers.plan.Plan;
import dev.capstan.controllers.plan.Wait;
import dev.capstan.controllers.plan.WaitReason;
import dev.capstan.controllers.pods.Names;
import dev.capstan.controllers.pods.WorkerSettings;
import dev.capstan.controllers.status.ConditionSet;
import dev.capstan.crds.Artifact;
import dev.capstan.crds.CapstanJob;
import dev.capstan.crds.Conditions;
import dev.capstan.crds.JobSpec;
import dev.capstan.crds.JobStatus;
import dev.capstan.protocol.Progress;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** What a decision about a job is made from: the job as its kind describes it, and the world, read together. */
record JobState(JobDescription description, World world, WorkerSettings settings) {
    CapstanJob<?, ?> job() {
        return description.job();
    }

    JobSpec spec() {
        return description.job().getSpec();
    }

    /** The status that the job has, if it has one. */
    Optional<JobStatus> status() {
        return Optional.ofNullable(description.job().getStatus());
    }

    /** The current attempt, and why there were others before it. */
    Attempts attempts() {
        return Attempts.of(
                status(), LastCheckpoint.isNewer(job(), world), LastCheckpoint.isNewerThanKnown(job(), world));
    }

    int attempt() {
        return attempts().number();
    }

    int replicas() {
        return description.replicas();
    }

    /** How each worker of the current attempt is, in rank order. */
    List<WorkerState> workers() {
        return workers(attempt());
    }

    /** Which pods have which ranks. */
    Seats seats() {
        return Seats.of(description);
    }

    /** A pod of the current attempt that somebody decided to take away. */
    record Gone(String pod, String why) {}

    /**
     * The first pod of those that have ranks now that somebody had go. Those that had them before were replaced, and
     * nothing follows from their end any more.
     */
    Optional<Gone> hadToGo() {
        var names = description.workingPods().stream()
                .map(number -> description.podName(attempt(), number))
                .collect(Collectors.toSet());
        return world.hadToGo(attempt()).entrySet().stream()
                .filter(pod -> names.contains(pod.getKey()))
                .findFirst()
                .map(pod -> new Gone(pod.getKey(), pod.getValue()));
    }

    /** The pods of the current attempt that stand by. */
    Spares spares() {
        return Spares.of(this);
    }

    /** How each worker of another attempt is. */
    List<WorkerState> workers(int attempt) {
        return WorkerStates.of(world, attempt, description);
    }

    /** The model of another job that this one goes on from, if that one is complete. */
    Optional<Artifact> foundModel() {
        return description
                .modelFrom()
                .map(ref -> ModelSource.of(ref, job(), world.referents().source()))
                .filter(ModelSource.Found.class::isInstance)
                .map(found -> ((ModelSource.Found) found).artifact());
    }

    /** How the pod is that checks the data. */
    WorkerState check(Pod pod) {
        return WorkerStates.of(pod, 0, world, description.lessMemory());
    }

    /** What rank 0 of this attempt has told. */
    Optional<Progress> report() {
        return world.progress()
                .filter(report -> report.attempt() == attempt())
                // What takes its place doesn't know yet how far the others are.
                .filter(report -> !Terms.isNewcomer(this, 0));
    }

    Optional<Condition> condition(String type) {
        return status().flatMap(status -> ConditionSet.find(status.getConditions(), type));
    }

    /** Whether a condition of the status is true. */
    boolean holds(String type) {
        return StatusReader.holds(job(), type);
    }

    /** What the status says that the job waits for. */
    Optional<Wait> waiting() {
        return condition(Conditions.RECONCILING)
                .filter(condition -> Conditions.TRUE.equals(condition.getStatus()))
                .flatMap(JobState::wait);
    }

    /** What the status says that the job waits for in the queue; nothing if it isn't in the queue. */
    Optional<Wait> queued() {
        return condition(Conditions.ADMITTED)
                .flatMap(JobState::wait)
                .filter(wait -> wait.reason().isQueued());
    }

    private static Optional<Wait> wait(Condition condition) {
        return WaitReason.of(condition.getReason()).map(reason -> new Wait(reason, condition.getMessage()));
    }

    Notice notice(Notice.Reason reason, String note) {
        return new Notice(reason, attempt(), note);
    }

    /** Rank 0's worker tells how far the job is, as soon as it has an address. */
    Optional<Plan.Follow> follow(List<WorkerState> workers) {
        return peer(workers.getFirst()).map(Plan.Peer::worker);
    }

    /** The workers that have an address. */
    List<Plan.Peer> peers(List<WorkerState> workers) {
        return workers.stream().flatMap(worker -> peer(worker).stream()).toList();
    }

    private Optional<Plan.Peer> peer(WorkerState worker) {
        return worker instanceof WorkerState.Running(var rank, var name, var ip, var ready, var trouble) && ip != null
                ? world.pods().stream()
                        .filter(pod -> name.equals(pod.getMetadata().getName()))
                        .findFirst()
                        .map(pod -> new Plan.Peer(
                                rank,
                                name,
                                new Plan.Follow(
                                        attempt(),
                                        ip,
                                        description.owner().names().secret(pod),
                                        Names.jobFileVersion(pod))))
                : Optional.empty();
    }
}
