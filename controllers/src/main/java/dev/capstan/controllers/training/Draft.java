package dev.capstan.controllers.training;

import dev.capstan.controllers.plan.Notice;
import dev.capstan.controllers.plan.Plan;
import dev.capstan.controllers.plan.Wait;
import dev.capstan.crds.Artifact;
import dev.capstan.crds.Progress;
import dev.capstan.crds.WorkersStatus;
import dev.capstan.crds.training.TrainingDefaults;
import dev.capstan.crds.training.TrainingJob;
import dev.capstan.crds.training.TrainingJobStatus;
import dev.capstan.protocol.Outcome;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/** Writes down a situation as the status of a job, going on from the status that it has. */
record Draft(TrainingJob job, World world) {

    /** The current attempt, and why there were others before it. */
    Attempts attempts() {
        return Attempts.of(job.getStatus(), LastCheckpoint.isNewer(job, world));
    }

    int attempt() {
        return attempts().number();
    }

    int replicas() {
        return TrainingDefaults.replicas(job.getSpec());
    }

    /** How each worker of the current attempt is, in rank order. */
    List<WorkerState> workers() {
        return WorkerStates.of(world, attempt(), replicas());
    }

    /** Leaves everything as it is. */
    Plan<TrainingJobStatus> unchanged() {
        return Plan.of(copy());
    }

    /** Leaves everything as it is, and says that the job was seen as it is now: whoever changed it waits for that. */
    Plan<TrainingJobStatus> seen() {
        var status = copy();
        status.setObservedGeneration(job.getMetadata().getGeneration())
                .setConditions(TrainingConditions.unchanged(job, world.now()));
        return Plan.of(status);
    }

    Plan<TrainingJobStatus> plan(Situation situation) {
        return Plan.of(status(situation, attempts()));
    }

    /** Begins the next attempt: by its number, before anything is made for it. */
    Plan<TrainingJobStatus> anew(Attempts.End end, Situation situation) {
        return Plan.of(status(situation, attempts().after(end)));
    }

    /** The job ends without a model. */
    Plan<TrainingJobStatus> fail(String reason, String message) {
        return tell(plan(new Situation.Failed(reason, message)), Notice.Reason.Failed, reason + ": " + message);
    }

    /** The job ends with a model. */
    Plan<TrainingJobStatus> complete(Outcome.Artifact artifact) {
        return tell(
                plan(new Situation.Complete(artifact)),
                Notice.Reason.Completed,
                "wrote %s, %d bytes, %s".formatted(artifact.uri(), artifact.sizeBytes(), artifact.digest()));
    }

    Plan<TrainingJobStatus> rollBack(Wait why) {
        var attempts = attempts();
        var message = "attempt %d was rolled back (%d so far): %s"
                .formatted(attempts.number(), attempts.rollbacks() + 1, why.message());
        return tell(
                anew(Attempts.End.ROLLED_BACK, new Situation.Anew(new Wait(why.reason(), message))),
                Notice.Reason.RolledBack,
                message);
    }

    Plan<TrainingJobStatus> tell(Plan<TrainingJobStatus> plan, Notice.Reason reason, String note) {
        return plan.tell(new Notice(reason, attempt(), note));
    }

    /** Rank 0's worker tells how far the job is, as soon as it has an address. */
    Optional<Plan.Follow> follow(List<WorkerState> workers) {
        return workers.getFirst() instanceof WorkerState.Running(var rank, var pod, var ip, var ready) && ip != null
                ? Optional.of(new Plan.Follow(
                        attempt(), ip, Names.of(job.getMetadata().getName()).secret()))
                : Optional.empty();
    }

    Situation running(List<WorkerState> workers) {
        return new Situation.Running(
                ready(workers), workers.size(), report().map(dev.capstan.protocol.Progress::stage));
    }

    /** What rank 0 of this attempt has told. */
    private Optional<dev.capstan.protocol.Progress> report() {
        return world.progress().filter(report -> report.attempt() == attempt());
    }

    private TrainingJobStatus status(Situation situation, Attempts attempts) {
        var now = world.now().truncatedTo(ChronoUnit.SECONDS).toString();
        var status = copy();
        attempts.write(status)
                .setObservedGeneration(job.getMetadata().getGeneration())
                .setConditions(TrainingConditions.of(job, situation, world.now()))
                .setPhase(TrainingConditions.phase(situation))
                .setWorkers(workers(situation, attempts.number()))
                .setLastCheckpoint(LastCheckpoint.of(job, world).orElse(null))
                .setProgress(progress());
        switch (situation) {
            case Situation.Granted granted -> {
                if (status.getStartTime() == null) {
                    status.setStartTime(job.getStatus().getAdmission().getTime());
                }
            }
            case Situation.Complete(var artifact) ->
                status.setCompletionTime(now)
                        .setArtifact(artifact(artifact))
                        .setProgress(ProgressStatus.done(status.getProgress()));
            case Situation.Failed failed -> status.setCompletionTime(now);
            // A job that rests isn't active: the count for its deadline begins anew.
            case Situation.Suspended suspended -> status.setStartTime(null);
            case Situation.Anew anew -> status.setProgress(null);
            case Situation.Pending pending -> {}
            case Situation.Checking checking -> {}
            case Situation.Checked checked -> {}
            case Situation.Queued queued -> {}
            case Situation.Starting starting -> {}
            case Situation.Running running -> {}
            case Situation.Suspending suspending -> {}
        }
        return status;
    }

    /** The status as it is, but for the admission, which is another's to write. */
    private TrainingJobStatus copy() {
        return copy(job.getStatus());
    }

    /** A status but for the admission; an empty one for null. */
    static TrainingJobStatus copy(TrainingJobStatus old) {
        var copy = new TrainingJobStatus();
        if (old != null) {
            copy.setObservedGeneration(old.getObservedGeneration())
                    .setConditions(old.getConditions())
                    .setPhase(old.getPhase())
                    .setAttempt(old.getAttempt())
                    .setRestarts(old.getRestarts())
                    .setRollbacks(old.getRollbacks())
                    .setCrashes(old.getCrashes())
                    .setStartTime(old.getStartTime())
                    .setCompletionTime(old.getCompletionTime())
                    .setWorkers(old.getWorkers())
                    .setProgress(old.getProgress())
                    .setLastCheckpoint(old.getLastCheckpoint())
                    .setHandledCheckpointRequest(old.getHandledCheckpointRequest())
                    .setModel(old.getModel())
                    .setArtifact(old.getArtifact());
        }
        return copy;
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
        return report().map(report -> ProgressStatus.of(report, world.now()))
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
