package dev.capstan.controllers.job;

import dev.capstan.controllers.job.JobDescription.Verdict;
import dev.capstan.controllers.lineage.References;
import dev.capstan.controllers.plan.Notice;
import dev.capstan.controllers.plan.Wait;
import dev.capstan.controllers.plan.WaitReason;
import dev.capstan.crds.Conditions;
import dev.capstan.crds.Reasons;
import dev.capstan.protocol.Outcome;
import dev.capstan.protocol.Progress;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** A job with places: its pods are made, meet, do their work and end. Nobody waits for spares. */
final class AdmittedJob {
    private AdmittedJob() {}

    static Decision decide(JobState state) {
        if (!state.holds(Conditions.ADMITTED)) {
            var holder = state.world().others().outputHolder();
            if (holder.isPresent()) {
                // Both have queued before either knew of the other.
                return RestartPolicy.rollBack(state, OutputUse.wait(state.job(), holder.get()));
            }
            // The status says so before a pod is made, so that a refusal of the first pod has a time to count from.
            return Decision.of(new Situation.Granted(makes(state)))
                    .tell(state.notice(
                            Notice.Reason.Admitted,
                            "attempt %d has places on %s".formatted(state.attempt(), Messages.nodes(state.job()))));
        }
        var workers = OldPods.withLastWords(state, state.workers());
        var here = workers.stream()
                .filter(worker -> !(worker instanceof WorkerState.Missing))
                .toList();
        // A pod that isn't there yet is no loss; one that was there once is.
        var outcome = AttemptOutcome.of(
                StatusReader.allMade(state.job()) ? workers : here,
                state.world().now());
        boolean open = outcome.isOpen();
        return switch (open ? Terms.decide(state, workers) : new Terms.AsEver()) {
            case Terms.InPlace(var decision) -> LateCauses.counted(state, decision);
            case Terms.GivenUp(var message) -> RestartPolicy.lost(state, message);
            case Terms.AsEver asEver -> asEver(state, workers, outcome);
        };
    }

    private static Decision asEver(JobState state, List<WorkerState> workers, AttemptOutcome what) {
        return switch (what) {
            case AttemptOutcome.Succeeded(var outcome) -> complete(state, outcome);
            case AttemptOutcome.Failed(var reason, var message) -> fail(state, reason, message);
            case AttemptOutcome.Broken(var message) -> RestartPolicy.lost(state, message);
            case AttemptOutcome.Crashed(var message) -> RestartPolicy.crashed(state, message);
            case AttemptOutcome.OtherData(var message) -> RestartPolicy.otherData(state, message);
            case AttemptOutcome.TurnedAway(var message, var byKubelet) ->
                byKubelet
                        ? RestartPolicy.rollBack(state, new Wait(WaitReason.POD_REFUSED, message))
                        : RestartPolicy.cannotStart(state, message);
            case AttemptOutcome.Settling(var left) -> goOn(state, workers).again(left);
            case AttemptOutcome.Alive() -> goOn(state, workers);
        };
    }

    /** The job ends without a model. */
    static Decision fail(JobState state, String reason, String message) {
        return Decision.of(new Situation.Failed(reason, message))
                .tell(state.notice(Notice.Reason.Failed, reason + ": " + message));
    }

    /**
     * The workers made something: the job ends with it, if its kind accepts it. What isn't accepted is a result too, by
     * its kind's own conditions; the job is complete, so that neither a pipeline nor the operator tries it again.
     */
    static Decision complete(JobState state, Outcome made) {
        return switch (state.description().judge(made)) {
            case Verdict.Accepted() -> {
                var artifact = made.artifact();
                var what = "%s, %d bytes, %s".formatted(artifact.uri(), artifact.sizeBytes(), artifact.digest());
                yield artifact.takenFrom() == null
                        ? Decision.of(new Situation.Complete(made, Reasons.SUCCEEDED, written(made)))
                                .tell(state.notice(Notice.Reason.Completed, "wrote " + what))
                        : Decision.of(new Situation.Complete(made, Reasons.SUCCEEDED, taken(artifact)))
                                .tell(state.notice(Notice.Reason.Completed, "took " + what + ": " + taken(artifact)));
            }
            case Verdict.NotAccepted(var reason, var message) ->
                Decision.of(new Situation.Complete(
                                new Outcome(
                                        made.reason(),
                                        made.message(),
                                        null,
                                        made.checkpoint(),
                                        made.compression(),
                                        made.warnings()),
                                reason,
                                message))
                        .tell(state.notice(Notice.Reason.Completed, reason + ": " + message));
            case Verdict.Rejected(var reason, var message) -> fail(state, reason, message);
        };
    }

    private static String taken(Outcome.Artifact artifact) {
        return "nothing had to be made: the model of %s is of the same recipe and the same data, and is taken as it lies there (output.ifExists: Reuse)"
                .formatted(artifact.takenFrom());
    }

    /** What the workers noticed and the user should know, though there is a model. */
    private static String written(Outcome made) {
        return made.warnings() == null || made.warnings().isEmpty()
                ? "the model is written"
                : "the model is written, but " + String.join("; ", made.warnings());
    }

    private static Decision goOn(JobState state, List<WorkerState> workers) {
        var follow = state.follow(workers);
        if (state.holds(Conditions.READY)) {
            return LateCauses.counted(
                    state,
                    state.spares()
                            .kept(Terms.listen(state, workers, Decision.of(running(state, workers, "")))
                                    .following(follow)));
        }
        if (WorkerStates.ready(workers) == workers.size()) {
            return Terms.listen(state, workers, Decision.of(running(state, workers, "")))
                    .following(follow)
                    .tell(state.notice(
                            Notice.Reason.Started, "attempt %d: all workers met".formatted(state.attempt())));
        }
        var granted = Instant.parse(state.job().getStatus().getAdmission().getTime());
        int timeout = state.spec().scheduling().timeoutSeconds();
        var left = Duration.between(state.world().now(), granted.plusSeconds(timeout));
        if (!left.isPositive()) {
            return RestartPolicy.rollBack(
                    state,
                    new Wait(
                            WaitReason.PLACEMENT_TIMED_OUT,
                            "not whole %d s after its places were granted: %s"
                                    .formatted(timeout, Messages.howFar(workers))));
        }
        var places = LostPlaces.of(state);
        var lost = places.why();
        if (lost.isPresent()) {
            return RestartPolicy.rollBack(state, lost.get());
        }
        var hopes = StuckPods.of(workers, state.world().now());
        if (hopes.why().isPresent()) {
            return RestartPolicy.cannotStart(state, hopes.why().get());
        }
        var soonest = Stream.of(
                        Optional.of(left),
                        places.left(),
                        hopes.left(),
                        StuckPods.lookAgain(
                                workers, Duration.between(granted, state.world().now())))
                .flatMap(Optional::stream)
                .min(Comparator.naturalOrder())
                .orElse(left);
        boolean allThere = Stream.concat(workers.stream(), state.spares().all().stream())
                .noneMatch(WorkerState.Missing.class::isInstance);
        if (StatusReader.allMade(state.job()) || allThere) {
            // Whoever is lost from now on is replaced, as soon as a worker has said that it could go on with another.
            return Terms.listen(
                            state,
                            workers,
                            Decision.of(new Situation.Starting(
                                    new Wait(WaitReason.PODS_STARTING, Messages.howFar(workers)))))
                    .following(follow)
                    .again(soonest);
        }
        return state.description()
                .references()
                .missing(state.world().referents())
                .or(() -> References.withoutVolume(state.world().referents()))
                .map(missing -> RestartPolicy.rollBack(state, missing))
                .orElseGet(() -> Decision.of(new Situation.Granted(makes(state)))
                        .with(JobChildren.gang(state))
                        .again(soonest));
    }

    /** @param besides what else is to be said of the workers; empty if nothing is */
    static Situation running(JobState state, List<WorkerState> workers, String besides) {
        var twins = Gang.of(state.world().pods(), state.attempt(), state.description())
                .twins();
        return new Situation.Running(
                WorkerStates.ready(workers),
                workers.size(),
                state.report().map(Progress::stage),
                state.report().map(Progress::checkpointProblem),
                besides + Messages.trouble(workers) + state.spares().words() + Messages.twins(twins));
    }

    private static Wait makes(JobState state) {
        return new Wait(
                WaitReason.PLACES_GRANTED,
                "makes " + Messages.pods(state.description().pods()));
    }
}
