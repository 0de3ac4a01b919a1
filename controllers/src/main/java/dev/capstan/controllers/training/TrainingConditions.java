package dev.capstan.controllers.training;

import dev.capstan.controllers.plan.Wait;
import dev.capstan.controllers.status.ConditionSet;
import dev.capstan.crds.Conditions;
import dev.capstan.crds.Reasons;
import dev.capstan.crds.training.Phase;
import dev.capstan.crds.training.TrainingJob;
import io.fabric8.kubernetes.api.model.Condition;
import java.time.Instant;
import java.util.List;

/** The conditions of a job in each situation. */
final class TrainingConditions {
    private TrainingConditions() {}

    static List<Condition> of(TrainingJob job, Situation situation, Instant now) {
        var before = job.getStatus() == null ? null : job.getStatus().getConditions();
        var set = ConditionSet.after(before, job.getMetadata().getGeneration(), now);
        return switch (situation) {
            case Situation.Pending(var wait) ->
                notYet(waiting(set, wait).no(Conditions.ADMITTED, wait.reason(), wait.message()), wait);
            case Situation.Queued(var wait) ->
                notYet(waiting(set, wait).no(Conditions.ADMITTED, wait.reason(), wait.message()), wait);
            case Situation.Granted(var wait) ->
                open(
                        granted(waiting(set, wait)).no(Conditions.PODS_READY, wait.reason(), wait.message()),
                        wait.reason());
            case Situation.Starting(var wait) ->
                open(
                        granted(waiting(set, wait)).no(Conditions.PODS_READY, wait.reason(), wait.message()),
                        wait.reason());
            case Situation.Running(var ready, var total) -> running(set, ready, total);
            case Situation.Anew(var wait) ->
                open(
                        waiting(set, wait)
                                .no(Conditions.ADMITTED, wait.reason(), wait.message())
                                .no(Conditions.PODS_READY, wait.reason(), wait.message()),
                        wait.reason());
            case Situation.Complete complete -> complete(set);
            case Situation.Failed(var reason, var message) -> failed(set, reason, message);
        };
    }

    static Phase phase(Situation situation) {
        return switch (situation) {
            case Situation.Pending(var wait) ->
                wait.reason().equals(Reasons.MISSING_REFERENCE) || wait.reason().equals(Reasons.PENDING)
                        ? Phase.PENDING
                        : Phase.RESTARTING;
            case Situation.Queued queued -> Phase.QUEUED;
            case Situation.Granted granted -> Phase.STARTING;
            case Situation.Starting starting -> Phase.STARTING;
            case Situation.Running running -> Phase.RUNNING;
            case Situation.Anew anew -> Phase.RESTARTING;
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

    /** Before the pods are made: why the last ones aren't there any more stays to be read. */
    private static List<Condition> notYet(ConditionSet set, Wait wait) {
        return open(set.keep(Conditions.PODS_READY, wait.reason(), "no pods yet"), wait.reason());
    }

    private static List<Condition> open(ConditionSet set, String reason) {
        return set.no(Conditions.COMPLETE, reason, "")
                .no(Conditions.FAILED, reason, "")
                .list();
    }

    private static List<Condition> running(ConditionSet set, int ready, int total) {
        var count = "%d of %d workers are ready".formatted(ready, total);
        granted(set.yes(Conditions.READY, Reasons.TRAINING, total == 1 ? "1 worker trains" : total + " workers train")
                .no(Conditions.RECONCILING, Reasons.TRAINING, "")
                .no(Conditions.STALLED, Reasons.TRAINING, ""));
        if (ready == total) {
            set.yes(Conditions.PODS_READY, Reasons.WORKERS_READY, count);
        } else {
            set.no(Conditions.PODS_READY, Reasons.PODS_STARTING, count);
        }
        return open(set, Reasons.TRAINING);
    }

    private static List<Condition> complete(ConditionSet set) {
        return set.yes(Conditions.READY, Reasons.SUCCEEDED, "the model is written")
                .no(Conditions.RECONCILING, Reasons.FINISHED, "")
                .no(Conditions.STALLED, Reasons.FINISHED, "")
                .no(Conditions.ADMITTED, Reasons.FINISHED, "")
                .no(Conditions.PODS_READY, Reasons.FINISHED, "")
                .yes(Conditions.COMPLETE, Reasons.SUCCEEDED, "the model is written")
                .no(Conditions.FAILED, Reasons.SUCCEEDED, "")
                .list();
    }

    private static List<Condition> failed(ConditionSet set, String reason, String message) {
        return set.no(Conditions.READY, reason, message)
                .no(Conditions.RECONCILING, Reasons.FINISHED, "")
                .yes(Conditions.STALLED, reason, message)
                .no(Conditions.ADMITTED, Reasons.FINISHED, "")
                .no(Conditions.PODS_READY, Reasons.FINISHED, "")
                .no(Conditions.COMPLETE, reason, "")
                .yes(Conditions.FAILED, reason, message)
                .list();
    }
}
