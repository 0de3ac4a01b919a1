package dev.capstan.controllers.training;

import dev.capstan.controllers.plan.Plan;
import dev.capstan.controllers.status.ConditionSet;
import dev.capstan.crds.Conditions;
import dev.capstan.crds.Reasons;
import dev.capstan.crds.training.TrainingDefaults;
import dev.capstan.crds.training.TrainingJobStatus;
import java.time.Duration;
import java.time.Instant;

/** How long a job may be active, from the first grant of places on; a job that rests isn't. */
final class Deadline {
    private Deadline() {}

    /** The plan, or the job's end; a job that ends just now by itself has met its deadline. */
    static Plan<TrainingJobStatus> heed(Draft draft, Plan<TrainingJobStatus> plan) {
        var deadline = TrainingDefaults.activeDeadline(draft.job().getSpec());
        var start = plan.status().getStartTime();
        boolean ends = ConditionSet.holds(plan.status().getConditions(), Conditions.COMPLETE)
                || ConditionSet.holds(plan.status().getConditions(), Conditions.FAILED);
        if (deadline.isEmpty() || start == null || ends) {
            return plan;
        }
        var left = Duration.between(draft.world().now(), Instant.parse(start).plus(deadline.get()));
        return left.isPositive()
                ? plan.again(left)
                : draft.fail(
                        Reasons.DEADLINE_EXCEEDED,
                        "was active for longer than the %d s of activeDeadlineSeconds, counted from its first grant of places at %s"
                                .formatted(deadline.get().toSeconds(), start));
    }
}
