package dev.capstan.controllers.training;

import dev.capstan.controllers.plan.Wait;
import dev.capstan.controllers.status.ConditionSet;
import dev.capstan.crds.Conditions;
import dev.capstan.crds.Phase;
import dev.capstan.crds.Reasons;
import dev.capstan.crds.training.TrainingJob;
import io.fabric8.kubernetes.api.model.Condition;
import java.time.Instant;
import java.util.List;
import java.util.Set;

/** The conditions of a job in each situation. */
final class TrainingConditions {
    /** What a job waits for before its first attempt. */
    private static final Set<String> BEFORE_THE_FIRST = Set.of(
            Reasons.PENDING,
            Reasons.MISSING_REFERENCE,
            Reasons.CLAIM_NOT_SHAREABLE,
            Reasons.WAITING_FOR_MODEL,
            Reasons.RESUMED);

    /** What the API server says before the gang queues. */
    private static final Set<String> REFUSED =
            Set.of(Reasons.POD_REFUSED, Reasons.EXCEEDS_RESOURCE_QUOTA, Reasons.NAME_TAKEN);

    private TrainingConditions() {}

    static List<Condition> of(TrainingJob job, Situation situation, Instant now) {
        var before = job.getStatus() == null ? null : job.getStatus().getConditions();
        var set = ConditionSet.after(before, job.getMetadata().getGeneration(), now);
        switch (situation) {
            case Situation.Pending(var wait) -> notYet(set, wait);
            case Situation.Checking(var wait) ->
                notYet(set, wait).no(Conditions.DATA_CHECKED, wait.reason(), wait.message());
            case Situation.Checked(var wait) ->
                notYet(set, wait).yes(Conditions.DATA_CHECKED, Reasons.DATA_CHECKED, "all samples can be read");
            case Situation.Queued(var wait) -> notYet(set, wait);
            case Situation.Granted(var wait) -> starting(set, wait);
            case Situation.Starting(var wait) -> starting(set, wait);
            case Situation.Running running -> running(set, running);
            case Situation.Anew(var wait) ->
                open(
                        waiting(set, wait)
                                .no(Conditions.ADMITTED, wait.reason(), wait.message())
                                .no(Conditions.PODS_READY, wait.reason(), wait.message()),
                        wait.reason());
            case Situation.Suspending(var wait) -> suspending(set, wait);
            case Situation.Suspended(var message) -> suspended(set, message);
            case Situation.Complete complete -> complete(set);
            case Situation.Failed(var reason, var message) -> failed(set, reason, message);
        }
        return set.carry(Conditions.DATA_CHECKED).list();
    }

    /** The conditions that a job has, as those of its present generation. */
    static List<Condition> unchanged(TrainingJob job, Instant now) {
        var before = job.getStatus().getConditions();
        var set = ConditionSet.after(before, job.getMetadata().getGeneration(), now);
        before.forEach(condition -> set.carry(condition.getType()));
        return set.list();
    }

    static Phase phase(Situation situation) {
        return switch (situation) {
            case Situation.Pending(var wait) ->
                BEFORE_THE_FIRST.contains(wait.reason()) || REFUSED.contains(wait.reason())
                        ? Phase.PENDING
                        : Phase.RESTARTING;
            case Situation.Checking checking -> Phase.PENDING;
            case Situation.Checked checked -> Phase.PENDING;
            case Situation.Queued queued -> Phase.QUEUED;
            case Situation.Granted granted -> Phase.STARTING;
            case Situation.Starting starting -> Phase.STARTING;
            case Situation.Running running -> Phase.RUNNING;
            case Situation.Anew(var wait) ->
                BEFORE_THE_FIRST.contains(wait.reason()) ? Phase.PENDING : Phase.RESTARTING;
            case Situation.Suspending suspending -> Phase.SUSPENDED;
            case Situation.Suspended suspended -> Phase.SUSPENDED;
            case Situation.Complete complete -> Phase.SUCCEEDED;
            case Situation.Failed failed -> Phase.FAILED;
        };
    }

    private static ConditionSet waiting(ConditionSet set, Wait wait) {
        return set.no(Conditions.READY, wait.reason(), wait.message())
                .yes(Conditions.RECONCILING, wait.reason(), wait.message())
                .no(Conditions.STALLED, wait.reason(), "");
    }

    private static ConditionSet granted(ConditionSet set) {
        return set.yes(Conditions.ADMITTED, Reasons.PLACES_GRANTED, "all workers have a place");
    }

    private static void starting(ConditionSet set, Wait wait) {
        open(granted(waiting(set, wait)).no(Conditions.PODS_READY, wait.reason(), wait.message()), wait.reason());
    }

    /** Before the pods are made: why the last ones aren't there any more stays to be read. */
    private static ConditionSet notYet(ConditionSet set, Wait wait) {
        waiting(set, wait).no(Conditions.ADMITTED, wait.reason(), wait.message());
        return open(set.keep(Conditions.PODS_READY, wait.reason(), "no pods yet"), wait.reason());
    }

    private static ConditionSet open(ConditionSet set, String reason) {
        return awake(set.no(Conditions.COMPLETE, reason, "").no(Conditions.FAILED, reason, ""));
    }

    /** Says that a job doesn't rest, of one that has rested. */
    private static ConditionSet awake(ConditionSet set) {
        return set.had(Conditions.SUSPENDED) ? set.no(Conditions.SUSPENDED, Reasons.RESUMED, "") : set;
    }

    private static void running(ConditionSet set, Situation.Running running) {
        var count = Sentences.ready(running.ready(), running.total());
        granted(set.yes(Conditions.READY, Reasons.TRAINING, Sentences.busy(running))
                .no(Conditions.RECONCILING, Reasons.TRAINING, "")
                .no(Conditions.STALLED, Reasons.TRAINING, ""));
        if (running.ready() == running.total()) {
            set.yes(Conditions.PODS_READY, Reasons.WORKERS_READY, count);
        } else {
            set.no(Conditions.PODS_READY, Reasons.PODS_STARTING, count);
        }
        open(set, Reasons.TRAINING);
    }

    private static void suspending(ConditionSet set, Wait wait) {
        waiting(set, wait)
                .keep(Conditions.ADMITTED, wait.reason(), wait.message())
                .no(Conditions.PODS_READY, wait.reason(), wait.message())
                .no(Conditions.COMPLETE, wait.reason(), "")
                .no(Conditions.FAILED, wait.reason(), "")
                .no(Conditions.SUSPENDED, wait.reason(), wait.message());
    }

    private static void suspended(ConditionSet set, String message) {
        set.yes(Conditions.READY, Reasons.SUSPENDED, message)
                .no(Conditions.RECONCILING, Reasons.SUSPENDED, "")
                .no(Conditions.STALLED, Reasons.SUSPENDED, "")
                .no(Conditions.ADMITTED, Reasons.SUSPENDED, "")
                .no(Conditions.PODS_READY, Reasons.SUSPENDED, "")
                .no(Conditions.COMPLETE, Reasons.SUSPENDED, "")
                .no(Conditions.FAILED, Reasons.SUSPENDED, "")
                .yes(Conditions.SUSPENDED, Reasons.SUSPENDED, message);
    }

    private static void complete(ConditionSet set) {
        awake(set.yes(Conditions.READY, Reasons.SUCCEEDED, "the model is written")
                .no(Conditions.RECONCILING, Reasons.FINISHED, "")
                .no(Conditions.STALLED, Reasons.FINISHED, "")
                .no(Conditions.ADMITTED, Reasons.FINISHED, "")
                .no(Conditions.PODS_READY, Reasons.FINISHED, "")
                .yes(Conditions.COMPLETE, Reasons.SUCCEEDED, "the model is written")
                .no(Conditions.FAILED, Reasons.SUCCEEDED, ""));
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
