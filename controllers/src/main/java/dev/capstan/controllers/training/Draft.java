package dev.capstan.controllers.training;

import dev.capstan.controllers.plan.Children;
import dev.capstan.controllers.plan.Notice;
import dev.capstan.controllers.plan.Plan;
import dev.capstan.controllers.plan.Wait;
import dev.capstan.crds.Artifact;
import dev.capstan.crds.training.Progress;
import dev.capstan.crds.training.TrainingDefaults;
import dev.capstan.crds.training.TrainingJob;
import dev.capstan.crds.training.TrainingJobStatus;
import dev.capstan.crds.training.WorkersStatus;
import dev.capstan.protocol.Outcome;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/** Writes down a situation as the status of a job, going on from the status that it has. */
record Draft(TrainingJob job, World world) {

    /** The current attempt; the first one before any status was written. */
    int attempt() {
        var status = job.getStatus();
        return status == null || status.getAttempt() == null ? 1 : Math.max(1, status.getAttempt());
    }

    /** Attempts that were lost. */
    int restarts() {
        var status = job.getStatus();
        return status == null || status.getRestarts() == null ? 0 : status.getRestarts();
    }

    /** Attempts that were rolled back: those that weren't lost. */
    int rollbacks() {
        return Math.max(0, attempt() - 1 - restarts());
    }

    int replicas() {
        return TrainingDefaults.replicas(job.getSpec());
    }

    /** Leaves everything as it is. */
    Plan<TrainingJobStatus> unchanged() {
        return plan(copy());
    }

    Plan<TrainingJobStatus> plan(Situation situation) {
        return plan(situation, Optional.empty());
    }

    Plan<TrainingJobStatus> plan(Situation situation, Optional<Plan.Follow> follow) {
        var plan = plan(status(situation, attempt(), restarts()));
        return new Plan<>(plan.status(), plan.children(), plan.notices(), plan.again(), follow);
    }

    /** Begins the next attempt: by its number, before anything is made for it. */
    Plan<TrainingJobStatus> anew(Wait wait, boolean lost, Notice.Reason reason) {
        var status = status(new Situation.Anew(wait), attempt() + 1, lost ? restarts() + 1 : restarts())
                .setProgress(null);
        return tell(plan(status), reason, wait.message());
    }

    private static Plan<TrainingJobStatus> plan(TrainingJobStatus status) {
        return new Plan<>(status, Children.UNTOUCHED, List.of(), Optional.empty(), Optional.empty());
    }

    Plan<TrainingJobStatus> tell(Plan<TrainingJobStatus> plan, Notice.Reason reason, String note) {
        return new Plan<>(
                plan.status(),
                plan.children(),
                List.of(new Notice(reason, attempt(), note)),
                plan.again(),
                plan.follow());
    }

    /** Rank 0's worker tells how far the job is, as soon as it has an address. */
    Optional<Plan.Follow> follow(List<WorkerState> workers) {
        return workers.getFirst() instanceof WorkerState.Running(var rank, var pod, var ip, var ready) && ip != null
                ? Optional.of(new Plan.Follow(
                        attempt(), ip, Names.of(job.getMetadata().getName()).secret()))
                : Optional.empty();
    }

    private TrainingJobStatus status(Situation situation, int attempt, int restarts) {
        var now = world.now().truncatedTo(ChronoUnit.SECONDS).toString();
        var status = copy().setObservedGeneration(job.getMetadata().getGeneration())
                .setConditions(TrainingConditions.of(job, situation, world.now()))
                .setPhase(TrainingConditions.phase(situation))
                .setAttempt(attempt)
                .setRestarts(restarts)
                .setWorkers(workers(situation, attempt))
                .setProgress(progress());
        return switch (situation) {
            case Situation.Running running ->
                status.setStartTime(status.getStartTime() == null ? now : status.getStartTime());
            case Situation.Complete(var artifact) ->
                status.setCompletionTime(now)
                        .setArtifact(artifact(artifact))
                        .setProgress(ProgressStatus.done(status.getProgress()));
            case Situation.Failed failed -> status.setCompletionTime(now);
            case Situation.Pending pending -> status;
            case Situation.Queued queued -> status;
            case Situation.Granted granted -> status;
            case Situation.Starting starting -> status;
            case Situation.Anew anew -> status;
        };
    }

    /** The status as it is, but for the admission, which is another's to write. */
    private TrainingJobStatus copy() {
        var old = job.getStatus();
        var copy = new TrainingJobStatus();
        return old == null
                ? copy
                : copy.setObservedGeneration(old.getObservedGeneration())
                        .setConditions(old.getConditions())
                        .setPhase(old.getPhase())
                        .setAttempt(old.getAttempt())
                        .setRestarts(old.getRestarts())
                        .setStartTime(old.getStartTime())
                        .setCompletionTime(old.getCompletionTime())
                        .setWorkers(old.getWorkers())
                        .setProgress(old.getProgress())
                        .setArtifact(old.getArtifact());
    }

    private WorkersStatus workers(Situation situation, int attempt) {
        int total = replicas();
        boolean over = situation instanceof Situation.Complete || situation instanceof Situation.Failed;
        // Of a job that has ended nobody works, whatever the last pods to end still say.
        int ready = over ? 0 : ready(WorkerStates.of(world, attempt, total));
        return new WorkersStatus().setReady(ready).setTotal(total).setSummary(ready + "/" + total);
    }

    /** How many of the workers are ready. */
    static int ready(List<WorkerState> workers) {
        return (int) workers.stream().filter(Draft::isReady).count();
    }

    private static boolean isReady(WorkerState worker) {
        return worker instanceof WorkerState.Running(var rank, var pod, var ip, var ready) && ready;
    }

    private Progress progress() {
        var last = job.getStatus() == null ? null : job.getStatus().getProgress();
        return world.progress()
                .filter(report -> report.attempt() == attempt())
                .map(report -> ProgressStatus.of(report, world.now()))
                .filter(fresh -> !says(last, fresh))
                .orElse(last);
    }

    /** Whether two reports differ in nothing but the time. */
    private static boolean says(Progress last, Progress fresh) {
        if (last == null) {
            return false;
        }
        var time = fresh.getUpdatedTime();
        var same = fresh.setUpdatedTime(last.getUpdatedTime()).equals(last);
        fresh.setUpdatedTime(time);
        return same;
    }

    private static Artifact artifact(Outcome.Artifact made) {
        var artifact =
                new Artifact().setUri(made.uri()).setDigest(made.digest()).setSizeBytes(made.sizeBytes());
        if (made.metrics() == null) {
            return artifact;
        }
        var metrics = new TreeMap<String, String>();
        made.metrics().forEach((name, value) -> metrics.put(name, ProgressStatus.decimal(value)));
        return artifact.setMetrics(metrics);
    }
}
