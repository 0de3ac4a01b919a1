package dev.capstan.controllers.job;

import dev.capstan.controllers.plan.Wait;
import dev.capstan.controllers.plan.WaitReason;
import dev.capstan.controllers.status.ConditionSet;
import dev.capstan.crds.Conditions;
import dev.capstan.crds.JobStatus;
import dev.capstan.crds.Phase;
import dev.capstan.crds.Reasons;
import io.fabric8.kubernetes.api.model.Condition;
import java.time.Instant;
import java.util.List;

/** The conditions of a job in each situation. */
final class JobConditions {
    private JobConditions() {}

    /** @param status of the kind's class, as it will be written but for conditions */
    static List<Condition> of(JobDescription description, Situation situation, JobStatus status, Instant now) {
        var job = description.job();
        var before = job.getStatus() == null ? null : job.getStatus().getConditions();
        var set = ConditionSet.after(before, job.getMetadata().getGeneration(), now);
        switch (situation) {
            case Situation.Unchanged unchanged -> before.forEach(condition -> set.carry(condition.getType()));
            case Situation.Pending(var wait) -> unchecked(notYet(set, wait), description, wait);
            case Situation.ModelFound(var wait, var model) -> notYet(set, wait);
            case Situation.Checking(var wait) -> notYet(set, wait).no(Conditions.DATA_CHECKED, wait);
            case Situation.Checked(var wait, var endsAttempt) ->
                notYet(set, wait).yes(Conditions.DATA_CHECKED, Reasons.DATA_CHECKED, "all samples can be read");
            case Situation.Queued(var wait) -> unchecked(notYet(set, wait), description, wait);
            case Situation.Granted(var wait) -> starting(set, wait);
            case Situation.Starting(var wait) -> starting(set, wait);
            case Situation.Running running -> running(set, description, running);
            case Situation.Requeued(var wait, var end) ->
                open(
                        unchecked(waiting(set, wait), description, wait)
                                .no(Conditions.ADMITTED, wait)
                                .no(Conditions.PODS_READY, wait),
                        wait.reason());
            case Situation.Suspending(var wait) -> suspending(set, wait);
            case Situation.Keeping(var wait) -> keeping(set, wait);
            case Situation.Suspended(var message, var endsAttempt, var stateLost) -> {
                suspended(set, message, stateLost ? Reasons.STATE_NOT_KEPT : Reasons.SUSPENDED);
                if (DataCheck.isDue(description)) {
                    set.no(Conditions.DATA_CHECKED, Reasons.SUSPENDED, "");
                }
            }
            case Situation.Complete(var outcome, var reason, var message) -> complete(set, reason, message);
            case Situation.Failed(var reason, var message) -> failed(set, reason, message);
        }
        set.carry(Conditions.DATA_CHECKED);
        if (!(situation instanceof Situation.Unchanged)) {
            GpuUse.condition(description, status, set);
            description.ownStatus().conditions(status, set);
        }
        return set.list();
    }

    static Phase phase(Situation situation) {
        return switch (situation) {
            case Situation.Unchanged unchanged -> throw new IllegalStateException("its phase stays");
            case Situation.Pending(var wait) ->
                switch (wait.reason().stage()) {
                    case FIRST_LOOK, PREREQUISITE, CHECKING, REFUSED, ON_HOLD, ATTEMPT_RESUMED -> Phase.PENDING;
                    case QUEUED, STARTING, STOPPING, ATTEMPT_LOST -> Phase.RESTARTING;
                };
            case Situation.ModelFound found -> Phase.PENDING;
            case Situation.Checking checking -> Phase.PENDING;
            case Situation.Checked checked -> Phase.PENDING;
            case Situation.Queued queued -> Phase.QUEUED;
            case Situation.Granted granted -> Phase.STARTING;
            case Situation.Starting starting -> Phase.STARTING;
            case Situation.Running running -> Phase.RUNNING;
            case Situation.Requeued(var wait, var end) ->
                switch (wait.reason().stage()) {
                    case FIRST_LOOK, PREREQUISITE, CHECKING, ON_HOLD, ATTEMPT_RESUMED -> Phase.PENDING;
                    case REFUSED, QUEUED, STARTING, STOPPING, ATTEMPT_LOST -> Phase.RESTARTING;
                };
            case Situation.Keeping keeping -> Phase.SUSPENDED;
            case Situation.Suspending suspending -> Phase.SUSPENDED;
            case Situation.Suspended suspended -> Phase.SUSPENDED;
            case Situation.Complete complete -> Phase.SUCCEEDED;
            case Situation.Failed failed -> Phase.FAILED;
        };
    }

    private static ConditionSet waiting(ConditionSet set, Wait wait) {
        return set.no(Conditions.READY, wait)
                .yes(Conditions.RECONCILING, wait)
                .no(Conditions.STALLED, wait.reason().reason(), "");
    }

    /** Of a job whose data are to be checked: what that waits for. */
    private static ConditionSet unchecked(ConditionSet set, JobDescription description, Wait wait) {
        return DataCheck.isDue(description) ? set.no(Conditions.DATA_CHECKED, wait) : set;
    }

    private static ConditionSet granted(ConditionSet set) {
        return set.yes(Conditions.ADMITTED, Reasons.PLACES_GRANTED, "all workers have a place");
    }

    private static void starting(ConditionSet set, Wait wait) {
        open(granted(waiting(set, wait)).no(Conditions.PODS_READY, wait), wait.reason());
    }

    /** Before the pods are made: why the last ones aren't there any more stays to be read. */
    private static ConditionSet notYet(ConditionSet set, Wait wait) {
        waiting(set, wait).no(Conditions.ADMITTED, wait);
        return open(set.keep(Conditions.PODS_READY, wait.reason().reason(), "no pods yet"), wait.reason());
    }

    private static ConditionSet open(ConditionSet set, WaitReason reason) {
        return open(set, reason.reason());
    }

    private static ConditionSet open(ConditionSet set, String reason) {
        return awake(set.no(Conditions.COMPLETE, reason, "").no(Conditions.FAILED, reason, ""));
    }

    /** Says that a job isn't suspended, of one that was. */
    private static ConditionSet awake(ConditionSet set) {
        return set.had(Conditions.SUSPENDED) ? set.no(Conditions.SUSPENDED, Reasons.RESUMED, "") : set;
    }

    private static void running(ConditionSet set, JobDescription description, Situation.Running running) {
        var count = Messages.ready(running.ready(), running.total()) + running.besides();
        var reason = description.workingReason();
        granted(set.yes(Conditions.READY, reason, Messages.working(description, running))
                .no(Conditions.RECONCILING, reason, "")
                .no(Conditions.STALLED, reason, ""));
        if (running.ready() == running.total()) {
            set.yes(Conditions.PODS_READY, Reasons.WORKERS_READY, count);
        } else {
            set.no(Conditions.PODS_READY, Reasons.PODS_STARTING, count);
        }
        open(set, reason);
    }

    private static void suspending(ConditionSet set, Wait wait) {
        waiting(set, wait)
                .keep(Conditions.ADMITTED, wait.reason().reason(), wait.message())
                .no(Conditions.PODS_READY, wait)
                .no(Conditions.COMPLETE, wait.reason().reason(), "")
                .no(Conditions.FAILED, wait.reason().reason(), "")
                .no(Conditions.SUSPENDED, wait);
    }

    /** Its pods weren't told to end, and still have their places. */
    private static void keeping(ConditionSet set, Wait wait) {
        waiting(set, wait)
                .keep(Conditions.ADMITTED, wait.reason().reason(), wait.message())
                .keep(Conditions.PODS_READY, wait.reason().reason(), wait.message())
                .no(Conditions.COMPLETE, wait.reason().reason(), "")
                .no(Conditions.FAILED, wait.reason().reason(), "")
                .no(Conditions.SUSPENDED, wait);
    }

    private static void suspended(ConditionSet set, String message, String reason) {
        set.yes(Conditions.READY, Reasons.SUSPENDED, message)
                .no(Conditions.RECONCILING, Reasons.SUSPENDED, "")
                .no(Conditions.STALLED, Reasons.SUSPENDED, "")
                .no(Conditions.ADMITTED, Reasons.SUSPENDED, "")
                .no(Conditions.PODS_READY, Reasons.SUSPENDED, "")
                .no(Conditions.COMPLETE, Reasons.SUSPENDED, "")
                .no(Conditions.FAILED, Reasons.SUSPENDED, "")
                .yes(Conditions.SUSPENDED, reason, message);
    }

    private static void complete(ConditionSet set, String reason, String message) {
        awake(set.yes(Conditions.READY, reason, message)
                .no(Conditions.RECONCILING, Reasons.FINISHED, "")
                .no(Conditions.STALLED, Reasons.FINISHED, "")
                .no(Conditions.ADMITTED, Reasons.FINISHED, "")
                .no(Conditions.PODS_READY, Reasons.FINISHED, "")
                .yes(Conditions.COMPLETE, reason, message)
                .no(Conditions.FAILED, reason, ""));
    }

    private static void failed(ConditionSet set, String reason, String message) {
        awake(set.no(Conditions.READY, reason, message)
                .no(Conditions.RECONCILING, Reasons.FINISHED, "")
                .yes(Conditions.STALLED, reason, message)
                .no(Conditions.ADMITTED, Reasons.FINISHED, "")
                .no(Conditions.PODS_READY, Reasons.FINISHED, "")
                .no(Conditions.COMPLETE, reason, "")
                .yes(Conditions.FAILED, reason, message));
    }
}
