package dev.capstan.controllers.job;

import dev.capstan.crds.Reasons;
import java.time.Duration;
import java.time.Instant;

/** How long a job may be active, from the first grant of places on; a suspended job isn't active. */
final class Deadline {
    private Deadline() {}

    /** The decision, or the job's failure; a job that ends just now by itself has met its deadline. */
    static Decision apply(JobState state, Decision decision) {
        var deadline = state.spec().activeDeadline();
        var start = StatusBuilder.startTime(state, decision.situation());
        boolean ends =
                decision.situation() instanceof Situation.Complete || decision.situation() instanceof Situation.Failed;
        if (deadline.isEmpty() || start == null || ends) {
            return decision;
        }
        var left = Duration.between(state.world().now(), Instant.parse(start).plus(deadline.get()));
        return left.isPositive()
                ? decision.again(left)
                : AdmittedJob.fail(
                        state,
                        Reasons.DEADLINE_EXCEEDED,
                        "was active for longer than the %d s of activeDeadlineSeconds, counted from its first grant of places at %s"
                                .formatted(deadline.get().toSeconds(), start));
    }
}
