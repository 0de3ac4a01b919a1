package dev.capstan.controllers.training;

import dev.capstan.controllers.plan.Children;
import dev.capstan.controllers.plan.Notice;
import dev.capstan.controllers.plan.Plan;
import dev.capstan.controllers.plan.Refusal;
import dev.capstan.controllers.plan.Wait;
import dev.capstan.controllers.status.ConditionSet;
import dev.capstan.crds.Conditions;
import dev.capstan.crds.Reasons;
import dev.capstan.crds.training.TrainingDefaults;
import dev.capstan.crds.training.TrainingJob;
import dev.capstan.crds.training.TrainingJobStatus;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What to do about a training job, from the job and the world as they were read together. The same job and world give
 * the same plan.
 *
 * <p>An attempt goes this way: it queues, is granted places, its pods are made, all of them meet, it trains, it ends.
 * Where it is on that way is read from the job's own status, so that a new operator goes on where the last one stopped.
 */
public final class TrainingPlan {
    /** Workers that still run when the job has ended may end by themselves, so that their logs stay. */
    private static final Duration LINGER = Duration.ofSeconds(10);
    /** How soon to look again whether a name that somebody else holds is free. */
    private static final Duration NAME_RETRY = Duration.ofSeconds(5);
    /** Reasons of PodsReady from the moment on that every pod of the attempt was seen: from then on, none is made. */
    private static final Set<String> ALL_MADE = Set.of(Reasons.PODS_STARTING, Reasons.WORKERS_READY);

    private final TrainingJob job;
    private final World world;
    private final WorkerSettings settings;
    private final Draft draft;

    private TrainingPlan(TrainingJob job, World world, WorkerSettings settings) {
        this.job = job;
        this.world = world;
        this.settings = settings;
        this.draft = new Draft(job, world);
    }

    /** What to do; nothing for a job that is being deleted, whose children go with it. */
    public static Optional<Plan<TrainingJobStatus>> decide(TrainingJob job, World world, WorkerSettings settings) {
        return job.getMetadata().getDeletionTimestamp() != null
                ? Optional.empty()
                : Optional.of(new TrainingPlan(job, world, settings).decide());
    }

    /** What to do instead, when the API server didn't take a child that {@link #decide} made. */
    public static Plan<TrainingJobStatus> refused(
            TrainingJob job, World world, WorkerSettings settings, Refusal refusal) {
        var plan = new TrainingPlan(job, world, settings);
        return switch (refusal) {
            case Refusal.Denied(var child, var message) ->
                // Half a gang must hold no places: what was made goes, and the whole gang queues again.
                plan.rollBack(new Wait(Reasons.POD_REFUSED, child + " was refused: " + message));
            case Refusal.Taken(var child) ->
                plan.draft
                        .plan(new Situation.Granted(
                                new Wait(Reasons.NAME_TAKEN, child + " exists and belongs to somebody else")))
                        .again(NAME_RETRY);
        };
    }

    /** Whether a pod that was seen once isn't among these. */
    public static boolean misses(TrainingJob job, List<Pod> pods) {
        if (!TrainingGangs.granted(job) || TrainingGangs.finished(job) || !allMade(job)) {
            return false;
        }
        long there = pods.stream()
                .filter(pod -> WorkerStates.attempt(pod) == job.getStatus().getAttempt())
                .count();
        return there < TrainingDefaults.replicas(job.getSpec());
    }

    private static boolean allMade(TrainingJob job) {
        return ConditionSet.find(job.getStatus().getConditions(), Conditions.PODS_READY)
                .filter(condition -> ALL_MADE.contains(condition.getReason()))
                .isPresent();
    }

    private Plan<TrainingJobStatus> decide() {
        if (TrainingGangs.finished(job)) {
            return finished();
        }
        var plan = TrainingGangs.granted(job) ? granted() : waiting();
        var old = oldPods().filter(pod -> pod.getMetadata().getDeletionTimestamp() == null);
        return plan.withChildren(plan.children().alsoDelete(old.toList()));
    }

    /** Ended is ended: nothing is made any more, and what still runs is stopped. */
    private Plan<TrainingJobStatus> finished() {
        var running = world.pods().stream()
                .filter(pod -> !WorkerStates.finished(pod))
                .filter(pod -> pod.getMetadata().getDeletionTimestamp() == null)
                .toList();
        var plan = draft.unchanged();
        if (running.isEmpty()) {
            return plan;
        }
        var ended = Optional.ofNullable(job.getStatus().getCompletionTime()).map(Instant::parse);
        var left = Duration.between(world.now(), ended.orElse(Instant.EPOCH).plus(LINGER));
        return left.isPositive() ? plan.again(left) : plan.withChildren(Children.deleted(running));
    }

    // Without places.

    private Plan<TrainingJobStatus> waiting() {
        if (!world.missingClaims().isEmpty()) {
            return draft.plan(new Situation.Pending(
                    new Wait(Reasons.MISSING_REFERENCE, Sentences.missing(world.missingClaims()))));
        }
        var old = oldPods().filter(pod -> !world.onDeadNode(pod)).toList();
        if (!old.isEmpty()) {
            return draft.plan(new Situation.Pending(lastWait("waits for %d pods of attempt %d to end"
                    .formatted(old.size(), WorkerStates.attempt(old.getFirst())))));
        }
        var left = Duration.between(world.now(), backoffEnd());
        if (left.isPositive()) {
            return draft.plan(new Situation.Pending(lastWait("waits before the next attempt")))
                    .again(left);
        }
        return queued();
    }

    private Plan<TrainingJobStatus> queued() {
        int replicas = draft.replicas();
        var standing = condition(Conditions.ADMITTED)
                .filter(condition -> queueing(condition.getReason()))
                .map(condition -> new Wait(condition.getReason(), condition.getMessage()));
        var wait = world.verdict()
                .or(() -> standing)
                .orElseGet(() -> new Wait(
                        Reasons.WAITING_FOR_CAPACITY,
                        replicas == 1
                                ? "waits for a place for 1 pod"
                                : "waits for places for %d pods".formatted(replicas)));
        var plan = draft.plan(new Situation.Queued(wait));
        return standing.isPresent() ? plan : draft.tell(plan, Notice.Reason.Queued, wait.message());
    }

    private static boolean queueing(String reason) {
        return reason.equals(Reasons.WAITING_FOR_CAPACITY) || reason.equals(Reasons.DOES_NOT_FIT);
    }

    /** The end of the wait after a lost or rolled back attempt, counted from when its places were given up. */
    private Instant backoffEnd() {
        var rejected = condition(Conditions.ADMITTED)
                .filter(condition -> !queueing(condition.getReason()))
                .map(condition -> Instant.parse(condition.getLastTransitionTime()));
        boolean restarted = condition(Conditions.ADMITTED)
                .filter(condition -> condition.getReason().equals(Reasons.RESTARTING))
                .isPresent();
        var length = Backoff.before(restarted ? draft.restarts() : draft.rollbacks());
        return rejected.orElse(Instant.EPOCH).plus(length);
    }

    /** Goes on saying why the last attempt ended; without one, says what it waits for. */
    private Wait lastWait(String otherwise) {
        return condition(Conditions.RECONCILING)
                .filter(condition -> Conditions.TRUE.equals(condition.getStatus()))
                .filter(condition -> !queueing(condition.getReason()))
                .filter(condition -> !condition.getReason().equals(Reasons.MISSING_REFERENCE))
                .map(condition -> new Wait(condition.getReason(), condition.getMessage()))
                .orElseGet(() -> new Wait(Reasons.PENDING, otherwise));
    }

    // With places.

    private Plan<TrainingJobStatus> granted() {
        if (!ConditionSet.holds(job.getStatus().getConditions(), Conditions.ADMITTED)) {
            // The status says so before a pod is made, so that a refusal of the first pod has a time to count from.
            var plan = draft.plan(new Situation.Granted(
                    new Wait(Reasons.PLACES_GRANTED, "makes %d pods".formatted(draft.replicas()))));
            return draft.tell(
                    plan,
                    Notice.Reason.Admitted,
                    "attempt %d has places on %s".formatted(draft.attempt(), Sentences.places(job)));
        }
        var workers = WorkerStates.of(world, draft.attempt(), draft.replicas());
        boolean allMade = allMade(job);
        var here = workers.stream()
                .filter(worker -> !(worker instanceof WorkerState.Missing))
                .toList();
        // A pod that isn't there yet is no loss; one that was there once is.
        return switch (Fate.of(allMade ? workers : here, world.now())) {
            case Fate.Succeeded(var artifact) ->
                draft.tell(
                        draft.plan(new Situation.Complete(artifact)),
                        Notice.Reason.Completed,
                        "wrote %s, %d bytes, %s".formatted(artifact.uri(), artifact.sizeBytes(), artifact.digest()));
            case Fate.Failed(var reason, var message) -> fail(reason, message);
            case Fate.Broken(var message) -> restart(message);
            case Fate.TurnedAway(var message) -> rollBack(new Wait(Reasons.POD_REFUSED, message));
            case Fate.Settling(var left) -> goOn(workers, allMade).again(left);
            case Fate.Alive() -> goOn(workers, allMade);
        };
    }

    private Plan<TrainingJobStatus> goOn(List<WorkerState> workers, boolean allMade) {
        var follow = draft.follow(workers);
        if (ConditionSet.holds(job.getStatus().getConditions(), Conditions.READY)) {
            return draft.plan(new Situation.Running(Draft.ready(workers), workers.size()), follow);
        }
        if (Draft.ready(workers) == workers.size()) {
            var plan = draft.plan(new Situation.Running(workers.size(), workers.size()), follow);
            return draft.tell(plan, Notice.Reason.Started, "attempt %d: all workers met".formatted(draft.attempt()));
        }
        var granted = Instant.parse(job.getStatus().getAdmission().getTime());
        int timeout = TrainingDefaults.timeoutSeconds(job.getSpec());
        var left = Duration.between(world.now(), granted.plusSeconds(timeout));
        if (!left.isPositive()) {
            return rollBack(new Wait(
                    Reasons.PLACEMENT_TIMED_OUT,
                    "not whole %d s after its places were granted: %s".formatted(timeout, Sentences.howFar(workers))));
        }
        boolean allThere = workers.stream().noneMatch(WorkerState.Missing.class::isInstance);
        if (allMade || allThere) {
            return draft.plan(
                            new Situation.Starting(new Wait(Reasons.PODS_STARTING, Sentences.howFar(workers))), follow)
                    .again(left);
        }
        return draft.plan(new Situation.Granted(
                        new Wait(Reasons.PLACES_GRANTED, "makes %d pods".formatted(draft.replicas()))))
                .withChildren(TrainingChildren.of(job, draft.attempt(), workers, settings))
                .again(left);
    }

    private Plan<TrainingJobStatus> fail(String reason, String message) {
        return draft.tell(
                draft.plan(new Situation.Failed(reason, message)), Notice.Reason.Failed, reason + ": " + message);
    }

    private Plan<TrainingJobStatus> restart(String cause) {
        int allowed = TrainingDefaults.maxRestarts(job.getSpec());
        if (draft.restarts() >= allowed) {
            return fail(
                    Reasons.RESTARTS_EXHAUSTED,
                    "attempt %d was lost, and failurePolicy.maxRestarts allows %d restarts: %s"
                            .formatted(draft.attempt(), allowed, cause));
        }
        var message = "attempt %d was lost: %s".formatted(draft.attempt(), cause);
        return draft.anew(new Wait(Reasons.RESTARTING, message), true, Notice.Reason.Restarting);
    }

    private Plan<TrainingJobStatus> rollBack(Wait why) {
        var message = "attempt %d was rolled back (%d so far): %s"
                .formatted(draft.attempt(), draft.rollbacks() + 1, why.message());
        return draft.anew(new Wait(why.reason(), message), false, Notice.Reason.RolledBack);
    }

    private Optional<Condition> condition(String type) {
        return job.getStatus() == null
                ? Optional.empty()
                : ConditionSet.find(job.getStatus().getConditions(), type);
    }

    /** Pods of attempts before the current one. */
    private Stream<Pod> oldPods() {
        return world.pods().stream().filter(pod -> WorkerStates.attempt(pod) < draft.attempt());
    }
}
