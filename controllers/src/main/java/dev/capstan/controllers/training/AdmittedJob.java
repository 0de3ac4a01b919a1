package dev.capstan.controllers.training;

import dev.capstan.controllers.plan.Notice;
import dev.capstan.controllers.plan.Plan;
import dev.capstan.controllers.plan.Wait;
import dev.capstan.crds.Conditions;
import dev.capstan.crds.Reasons;
import dev.capstan.crds.training.TrainingDefaults;
import dev.capstan.crds.training.TrainingJobStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/** A job with places: its pods are made, meet, train and end. */
final class AdmittedJob {
    private AdmittedJob() {}

    static Plan<TrainingJobStatus> decide(Draft draft, WorkerSettings settings) {
        var job = draft.job();
        if (!Standing.holds(job, Conditions.ADMITTED)) {
            // The status says so before a pod is made, so that a refusal of the first pod has a time to count from.
            return draft.tell(
                    draft.plan(new Situation.Granted(makes(draft))),
                    Notice.Reason.Admitted,
                    "attempt %d has places on %s".formatted(draft.attempt(), Sentences.places(job)));
        }
        var workers = draft.workers();
        var here = workers.stream()
                .filter(worker -> !(worker instanceof WorkerState.Missing))
                .toList();
        // A pod that isn't there yet is no loss; one that was there once is.
        return switch (Fate.of(
                Standing.allMade(job) ? workers : here, draft.world().now())) {
            case Fate.Succeeded(var artifact) -> draft.complete(artifact);
            case Fate.Failed(var reason, var message) -> draft.fail(reason, message);
            case Fate.Broken(var message) -> Losses.lost(draft, message);
            case Fate.Crashed(var message) -> Losses.crashed(draft, message);
            case Fate.TurnedAway(var message) -> draft.rollBack(new Wait(Reasons.POD_REFUSED, message));
            case Fate.Settling(var left) -> goOn(draft, workers, settings).again(left);
            case Fate.Alive() -> goOn(draft, workers, settings);
        };
    }

    private static Plan<TrainingJobStatus> goOn(Draft draft, List<WorkerState> workers, WorkerSettings settings) {
        var job = draft.job();
        var follow = draft.follow(workers);
        if (Standing.holds(job, Conditions.READY)) {
            return draft.plan(draft.running(workers)).following(follow);
        }
        if (Draft.ready(workers) == workers.size()) {
            var plan = draft.plan(draft.running(workers)).following(follow);
            return draft.tell(plan, Notice.Reason.Started, "attempt %d: all workers met".formatted(draft.attempt()));
        }
        var granted = Instant.parse(job.getStatus().getAdmission().getTime());
        int timeout = TrainingDefaults.timeoutSeconds(job.getSpec());
        var left = Duration.between(draft.world().now(), granted.plusSeconds(timeout));
        if (!left.isPositive()) {
            return draft.rollBack(new Wait(
                    Reasons.PLACEMENT_TIMED_OUT,
                    "not whole %d s after its places were granted: %s".formatted(timeout, Sentences.howFar(workers))));
        }
        var places = LostPlaces.of(draft);
        var lost = places.why();
        if (lost.isPresent()) {
            return draft.rollBack(lost.get());
        }
        var soonest = places.left().filter(sooner -> sooner.compareTo(left) < 0).orElse(left);
        boolean allThere = workers.stream().noneMatch(WorkerState.Missing.class::isInstance);
        if (Standing.allMade(job) || allThere) {
            return draft.plan(new Situation.Starting(new Wait(Reasons.PODS_STARTING, Sentences.howFar(workers))))
                    .following(follow)
                    .again(soonest);
        }
        return References.missing(job, draft.world().referents())
                .map(draft::rollBack)
                .orElseGet(() -> draft.plan(new Situation.Granted(makes(draft)))
                        .withChildren(TrainingChildren.gang(draft, workers, settings))
                        .again(soonest));
    }

    private static Wait makes(Draft draft) {
        return new Wait(Reasons.PLACES_GRANTED, "makes %d pods".formatted(draft.replicas()));
    }
}
