package dev.capstan.controllers.training;

import dev.capstan.controllers.plan.Plan;
import dev.capstan.controllers.plan.Refusal;
import dev.capstan.controllers.plan.Wait;
import dev.capstan.crds.Conditions;
import dev.capstan.crds.Reasons;
import dev.capstan.crds.training.TrainingDefaults;
import dev.capstan.crds.training.TrainingJob;
import dev.capstan.crds.training.TrainingJobStatus;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What to do about a training job, from the job and the world as they were read together. The same job and world give
 * the same plan.
 *
 * <p>An attempt goes this way: it queues, is granted places, its pods are made, all of them meet, it trains, it ends.
 * Where it is on that way is read from the job's own status, so that a new operator goes on where the last one stopped.
 */
public final class TrainingPlan {
    /** How soon to look again whether a name that somebody else holds is free. */
    private static final Duration NAME_RETRY = Duration.ofSeconds(5);
    /**
     * How long places are kept for a gang one of whose names somebody else has: whoever is about to go is gone by then.
     */
    private static final Duration NAME_PATIENCE = Duration.ofMinutes(2);

    /** How soon to ask for the second time: a namespace that was made just now has no service account yet. */
    private static final Duration ASK_AGAIN = Duration.ofSeconds(1);

    private TrainingPlan() {}

    /** What to do; nothing for a job that is being deleted, whose children go with it. */
    public static Optional<Plan<TrainingJobStatus>> decide(TrainingJob job, World world, WorkerSettings settings) {
        return job.getMetadata().getDeletionTimestamp() != null
                ? Optional.empty()
                : Optional.of(decide(new Draft(job, world), settings));
    }

    /** What to do instead, when the API server didn't take a child that {@link #decide} made. */
    public static Plan<TrainingJobStatus> refused(TrainingJob job, World world, Refusal refusal) {
        var draft = new Draft(job, world);
        return switch (refusal) {
            case Refusal.Denied(var child, var message) ->
                refused(draft, new Wait(Reasons.POD_REFUSED, child + " was refused: " + message));
            case Refusal.OverQuota(var message) -> refused(draft, new Wait(Reasons.EXCEEDS_RESOURCE_QUOTA, message));
            case Refusal.Taken(var child) ->
                taken(draft, new Wait(Reasons.NAME_TAKEN, child + " exists and belongs to somebody else"));
        };
    }

    /**
     * Whoever has the name may be about to go, as what an earlier job of the same name owned: that is waited for with
     * places, but no longer than it should take.
     */
    private static Plan<TrainingJobStatus> taken(Draft draft, Wait wait) {
        var job = draft.job();
        if (!Standing.granted(job)) {
            return draft.plan(DataCheck.isDue(job) ? new Situation.Checking(wait) : new Situation.Pending(wait))
                    .again(NAME_RETRY);
        }
        var granted = Instant.parse(job.getStatus().getAdmission().getTime());
        return draft.world().now().isBefore(granted.plus(NAME_PATIENCE))
                ? draft.plan(new Situation.Granted(wait)).again(NAME_RETRY)
                : draft.rollBack(wait);
    }

    private static Plan<TrainingJobStatus> refused(Draft draft, Wait wait) {
        if (Standing.granted(draft.job())) {
            // Half a gang must hold no places: what was made goes, and the whole gang queues again.
            return draft.rollBack(wait);
        }
        boolean again = Standing.condition(draft.job(), Conditions.ADMITTED)
                .filter(condition -> wait.reason().equals(condition.getReason()))
                .isPresent();
        return draft.plan(new Situation.Pending(wait)).again(again ? References.LOOK_AGAIN : ASK_AGAIN);
    }

    /** Whether a pod that was seen once, or should have been, isn't among these. */
    public static boolean misses(TrainingJob job, List<Pod> pods) {
        boolean expected = Standing.allMade(job) || Standing.suspending(job);
        if (!Standing.granted(job) || Standing.finished(job) || !expected) {
            return false;
        }
        long there = pods.stream()
                .filter(pod -> WorkerStates.attempt(pod) == job.getStatus().getAttempt())
                .count();
        // Places are given up when no pod is left: that a cache shows none doesn't say so.
        return Standing.suspending(job) ? there == 0 : there < TrainingDefaults.replicas(job.getSpec());
    }

    private static Plan<TrainingJobStatus> decide(Draft draft, WorkerSettings settings) {
        var job = draft.job();
        if (Standing.finished(job)) {
            return CheckpointRequest.heed(draft, FinishedJob.decide(draft));
        }
        var plan = Standing.toSuspend(job) || Standing.suspending(job) || Suspension.isDrained(draft)
                ? Suspension.decide(draft)
                : Deadline.heed(
                        draft,
                        Standing.granted(job)
                                ? AdmittedJob.decide(draft, settings)
                                : WaitingJob.decide(draft, settings));
        var old = WaitingJob.oldPods(draft)
                .filter(pod -> pod.getMetadata().getDeletionTimestamp() == null)
                .toList();
        return CheckpointRequest.heed(
                draft,
                CheckpointProblem.tell(draft, plan.withChildren(plan.children().alsoDelete(old))));
    }
}
