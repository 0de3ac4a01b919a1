package dev.capstan.controllers.training;

import dev.capstan.controllers.plan.Children;
import dev.capstan.controllers.plan.Notice;
import dev.capstan.controllers.plan.Plan;
import dev.capstan.controllers.plan.Wait;
import dev.capstan.crds.Conditions;
import dev.capstan.crds.Reasons;
import dev.capstan.crds.training.TrainingJobStatus;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.stream.Stream;

/** A job without places: what it has to wait for before it queues for them. */
final class WaitingJob {
    /** Waits that end without a word about why the last attempt did. */
    private static final Set<String> FORGOTTEN = Set.of(
            Reasons.MISSING_REFERENCE,
            Reasons.CLAIM_NOT_SHAREABLE,
            Reasons.WAITING_FOR_MODEL,
            Reasons.CHECKING_DATA,
            Reasons.SUSPENDING);

    private WaitingJob() {}

    static Plan<TrainingJobStatus> decide(Draft draft, WorkerSettings settings) {
        var plan = wait(draft, settings);
        return Standing.holds(draft.job(), Conditions.SUSPENDED)
                ? draft.tell(plan, Notice.Reason.Resumed, "suspend isn't true any more")
                : plan;
    }

    private static Plan<TrainingJobStatus> wait(Draft draft, WorkerSettings settings) {
        var missing = References.missing(draft.job(), draft.world().referents());
        if (missing.isPresent()) {
            return draft.plan(new Situation.Pending(missing.get())).again(References.LOOK_AGAIN);
        }
        var unshareable = References.unshareable(draft.job(), draft.world().referents());
        if (unshareable.isPresent()) {
            return draft.plan(new Situation.Pending(unshareable.get()));
        }
        var old = oldPods(draft).filter(pod -> !draft.world().onDeadNode(pod)).toList();
        if (!old.isEmpty()) {
            return draft.plan(new Situation.Pending(lastWait(
                    draft,
                    "waits for %d pods of attempt %d to end"
                            .formatted(old.size(), WorkerStates.attempt(old.getFirst())))));
        }
        var left = Duration.between(draft.world().now(), backoffEnd(draft));
        if (left.isPositive()) {
            return draft.plan(new Situation.Pending(lastWait(draft, "waits before the next attempt")))
                    .again(left);
        }
        return EarlierJob.decide(draft)
                .or(() -> DataCheck.decide(draft, settings))
                .orElseGet(() -> queued(draft, settings));
    }

    private static Plan<TrainingJobStatus> queued(Draft draft, WorkerSettings settings) {
        int replicas = draft.replicas();
        var standing = Standing.condition(draft.job(), Conditions.ADMITTED)
                .filter(condition -> Standing.isQueue(condition.getReason()))
                .map(condition -> new Wait(condition.getReason(), condition.getMessage()));
        var wait = draft.world()
                .verdict()
                .or(() -> standing)
                .orElseGet(() -> new Wait(
                        Reasons.WAITING_FOR_CAPACITY,
                        replicas == 1
                                ? "waits for a place for 1 pod"
                                : "waits for places for %d pods".formatted(replicas)));
        var plan = draft.plan(new Situation.Queued(wait));
        return standing.isPresent()
                ? plan
                : draft.tell(plan, Notice.Reason.Queued, wait.message()).withChildren(beforehand(draft, settings));
    }

    /**
     * A gang that was rolled back doesn't queue before it has all the names that it keeps: if somebody else has one of
     * them, it would be granted places for nothing again and again.
     */
    private static Children beforehand(Draft draft, WorkerSettings settings) {
        return draft.attempts().rollbacks() == 0
                ? TrainingChildren.trial(draft, settings)
                : TrainingChildren.trialAndNames(draft, settings);
    }

    /** The end of the wait after a lost or rolled back attempt, counted from when its places were given up. */
    private static Instant backoffEnd(Draft draft) {
        var attempts = draft.attempts();
        return Standing.condition(draft.job(), Conditions.ADMITTED)
                .filter(condition -> !Standing.isQueue(condition.getReason()))
                .map(condition -> Instant.parse(condition.getLastTransitionTime())
                        .plus(Backoff.before(tries(condition.getReason(), attempts))))
                .orElse(Instant.EPOCH);
    }

    private static int tries(String endedBy, Attempts attempts) {
        return switch (endedBy) {
            case Reasons.RESTARTING -> attempts.restarts();
            // Stopped as it was asked to: nothing speaks against going on.
            case Reasons.SUSPENDING, Reasons.SUSPENDED, Reasons.RESUMED, Reasons.DRAINED -> 0;
            default -> attempts.rollbacks();
        };
    }

    /** Goes on saying why the last attempt ended; without one, says what it waits for. */
    private static Wait lastWait(Draft draft, String otherwise) {
        return Standing.condition(draft.job(), Conditions.RECONCILING)
                .filter(condition -> Conditions.TRUE.equals(condition.getStatus()))
                .filter(condition ->
                        !FORGOTTEN.contains(condition.getReason()) && !Standing.isQueue(condition.getReason()))
                .map(condition -> new Wait(condition.getReason(), condition.getMessage()))
                .orElseGet(() -> new Wait(Reasons.PENDING, otherwise));
    }

    /** Pods of attempts before the current one. */
    static Stream<Pod> oldPods(Draft draft) {
        return draft.world().pods().stream().filter(pod -> WorkerStates.attempt(pod) < draft.attempt());
    }
}
