package dev.capstan.controllers.job;

import dev.capstan.controllers.plan.Plan;
import dev.capstan.crds.Artifact;
import dev.capstan.crds.Block;
import dev.capstan.crds.JobStatus;
import dev.capstan.crds.Progress;
import dev.capstan.crds.WorkersStatus;
import dev.capstan.protocol.Outcome;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Optional;
import java.util.TreeMap;

/** Works out the status that follows from a decision, going on from the status that the job has. */
public final class StatusBuilder {
    private StatusBuilder() {}

    /** The plan that carries a decision out. */
    static Plan<JobStatus> plan(JobState state, Decision decision) {
        var status = status(state, decision.situation());
        Terms.write(state, decision, status);
        var request = CheckpointRequest.of(state, status);
        status.setHandledCheckpointRequest(request.handled());
        var notices = new ArrayList<>(decision.notices());
        WaitNotices.of(state, decision.situation()).ifPresent(notices::add);
        CheckpointProblem.notice(state, status).ifPresent(notices::add);
        KeptStates.notice(state, status).ifPresent(notices::add);
        Stragglers.notice(state, status).ifPresent(notices::add);
        GpuUse.notice(state, status).ifPresent(notices::add);
        request.notice().ifPresent(notices::add);
        return new Plan<>(
                status,
                decision.children(),
                notices,
                decision.again(),
                decision.follow(),
                decision.situation() instanceof Situation.Keeping
                        ? Optional.of(KeepState.request(state))
                        : request.ask(),
                decision.gang(),
                decision.deletesJob());
    }

    /** A status but for the admission, which is another's to write; an empty one for a job without. */
    public static JobStatus withoutAdmission(JobDescription description) {
        var old = description.job().getStatus();
        return old == null ? description.newStatus() : Block.copy(old).setAdmission(null);
    }

    /** When the job was first granted places, for a job that is in a situation now; null if it isn't active. */
    static String startTime(JobState state, Situation situation) {
        var before = state.status().map(JobStatus::getStartTime).orElse(null);
        return switch (situation) {
            case Situation.Granted granted ->
                before == null ? state.job().getStatus().getAdmission().getTime() : before;
            // A suspended job isn't active: the count for its deadline begins anew.
            case Situation.Suspended suspended -> null;
            case Situation.Requeued(var why, var end) ->
                switch (end) {
                    case SUSPENDED -> null;
                    case CHECKED, UNCHECKED, CHECK_CRASHED, LOST, CRASHED, ROLLED_BACK, NOT_STARTED, OTHER_DATA ->
                        before;
                };
            case Situation.Unchanged unchanged -> before;
            case Situation.Pending pending -> before;
            case Situation.ModelFound found -> before;
            case Situation.Checking checking -> before;
            case Situation.Checked checked -> before;
            case Situation.Queued queued -> before;
            case Situation.Starting starting -> before;
            case Situation.Running running -> before;
            case Situation.Keeping keeping -> before;
            case Situation.Suspending suspending -> before;
            case Situation.Complete complete -> before;
            case Situation.Failed failed -> before;
        };
    }

    private static JobStatus status(JobState state, Situation situation) {
        var status = withoutAdmission(state.description());
        if (!(situation instanceof Situation.Unchanged)) {
            takeFindings(state, situation, status);
            // Before the conditions, of which one is about it.
            status.setProgress(progress(state));
        }
        // Whoever changed the job waits to see that it was seen as it is now.
        status.setObservedGeneration(state.job().getMetadata().getGeneration())
                .setConditions(JobConditions.of(
                        state.description(), situation, status, state.world().now()));
        if (situation instanceof Situation.Unchanged) {
            return status;
        }
        var attempts = attempts(state, situation);
        attempts.write(status);
        noteModel(state, status);
        status.setPhase(JobConditions.phase(situation))
                .setWorkers(workers(state, situation, attempts.number()))
                .setLastCheckpoint(LastCheckpoint.of(state.job(), state.world()).orElse(null))
                .setCheckpoints(KeptStates.of(state))
                .setStartTime(startTime(state, situation))
                .setGoodput(GoodputStatus.of(state, startTime(state, situation), status.getProgress()));
        var now = state.world().now().truncatedTo(ChronoUnit.SECONDS).toString();
        return switch (situation) {
            case Situation.Complete(var outcome, var reason, var message) ->
                status.setCompletionTime(now)
                        .setArtifact(artifact(state, outcome.artifact()))
                        .setProgress(ProgressStatus.done(status.getProgress()));
            case Situation.Failed failed ->
                status.setCompletionTime(now).setProgress(ProgressStatus.stopped(status.getProgress()));
            case Situation.ModelFound(var why, var model) -> status.setModel(model);
            case Situation.Requeued(var why, var end) ->
                status.setProgress(null).setRequeueAt(requeueAt(state, attempts, end));
            case Situation.Queued queued -> status.setRequeueAt(null);
            case Situation.Unchanged unchanged -> status;
            case Situation.Pending pending -> status;
            case Situation.Checking checking -> status;
            case Situation.Checked checked -> status;
            case Situation.Granted granted -> status;
            case Situation.Starting starting -> status;
            case Situation.Running running -> status;
            case Situation.Keeping keeping -> status;
            case Situation.Suspending suspending -> status;
            // Whoever has it go on again wants that now.
            case Situation.Suspended suspended ->
                status.setProgress(ProgressStatus.stopped(status.getProgress())).setRequeueAt(null);
        };
    }

    /** Noted as soon as it is there, whatever else the job waits for: the other job may be gone by then. */
    private static void noteModel(JobState state, JobStatus status) {
        var job = state.job();
        boolean open = !StatusReader.hasBegun(job) && !StatusReader.queues(job) && !StatusReader.finished(job);
        if (open || status.getModel() == null) {
            state.foundModel().ifPresent(status::setModel);
        }
    }

    /** The attempt that a situation is one of: where one has ended, the next, before anything is made for it. */
    private static Attempts attempts(JobState state, Situation situation) {
        return switch (situation) {
            case Situation.Requeued(var why, var end) -> state.attempts().after(end);
            case Situation.Suspended(var message, var endsAttempt, var stateLost) ->
                endsAttempt ? state.attempts().after(Attempts.End.SUSPENDED) : state.attempts();
            case Situation.Unchanged unchanged -> state.attempts();
            case Situation.Pending pending -> state.attempts();
            case Situation.ModelFound found -> state.attempts();
            case Situation.Checking checking -> state.attempts();
            case Situation.Checked(var why, var endsAttempt) ->
                endsAttempt ? state.attempts().after(Attempts.End.CHECKED) : state.attempts();
            case Situation.Queued queued -> state.attempts();
            case Situation.Granted granted -> state.attempts();
            case Situation.Starting starting -> state.attempts();
            case Situation.Running running -> state.attempts();
            case Situation.Keeping keeping -> state.attempts();
            case Situation.Suspending suspending -> state.attempts();
            case Situation.Complete complete -> state.attempts();
            case Situation.Failed failed -> state.attempts();
        };
    }

    private static String requeueAt(JobState state, Attempts attempts, Attempts.End end) {
        var backoff = attempts.backoff(end);
        return backoff.isZero() ? null : text(state.world().now().plus(backoff));
    }

    private static String text(Instant time) {
        return time.truncatedTo(ChronoUnit.MILLIS).toString();
    }

    private static WorkersStatus workers(JobState state, Situation situation, int attempt) {
        int total = state.replicas();
        boolean over = situation instanceof Situation.Complete
                || situation instanceof Situation.Failed
                || situation instanceof Situation.Suspended;
        // Of a job that has ended, or rests, nobody works, whatever the last pods to end still say.
        int ready = over ? 0 : WorkerStates.ready(state.workers(attempt));
        var counts = new WorkersStatus().setReady(ready).setTotal(total).setSummary(ready + "/" + total);
        int spares = state.description().spares();
        if (spares == 0) {
            return counts;
        }
        int standBy = over || attempt != state.attempt() ? 0 : state.spares().ready();
        return counts.setSparesReady(standBy)
                .setSpares(spares)
                .setSummary("%d/%d, %d/%d spares".formatted(ready, total, standBy, spares));
    }

    private static Progress progress(JobState state) {
        var last = state.status().map(JobStatus::getProgress).orElse(null);
        return state.report()
                .map(report ->
                        ProgressStatus.of(report, last, state.world().now()).setStraggler(Stragglers.of(state)))
                .filter(fresh -> !ProgressStatus.sameButTime(last, fresh))
                .orElse(last);
    }

    /** The last report has all of it; the last word has what fits there, and comes after. */
    private static void takeFindings(JobState state, Situation situation, JobStatus status) {
        var own = state.description().ownStatus();
        state.report().map(dev.capstan.protocol.Progress::compression).ifPresent(found -> own.take(found, status));
        if (situation instanceof Situation.Complete(var outcome, var reason, var message)
                && outcome.compression() != null) {
            own.take(outcome.compression(), status);
        }
    }

    private static Artifact artifact(JobState state, Outcome.Artifact made) {
        if (made == null) {
            return null;
        }
        var artifact =
                new Artifact().setUri(made.uri()).setDigest(made.digest()).setSizeBytes(made.sizeBytes());
        var storage = state.spec().getOutput().getStorage();
        // The worker may be a tenant's own: what it calls its artifact is reached as the output is, or not at all.
        if (storage.getUri().equals(made.uri())) {
            artifact.setS3(storage.getS3());
        }
        if (made.metrics() == null) {
            return artifact;
        }
        var metrics = new TreeMap<String, String>();
        made.metrics().forEach((name, value) -> metrics.put(name, ProgressStatus.metric(name, value)));
        return artifact.setMetrics(metrics);
    }
}
