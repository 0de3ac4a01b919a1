package dev.capstan.controllers.job;

import dev.capstan.controllers.lineage.ModelCycle;
import dev.capstan.controllers.lineage.ModelSource;
import dev.capstan.controllers.lineage.References;
import dev.capstan.controllers.plan.Notice;
import dev.capstan.controllers.plan.Wait;
import dev.capstan.controllers.plan.WaitReason;
import dev.capstan.controllers.pods.PodLabels;
import dev.capstan.controllers.pods.PodReport;
import dev.capstan.crds.Conditions;
import dev.capstan.crds.JobStatus;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.stream.Stream;

/** A job without places: what has to come before it queues for them. */
final class WaitingJob {
    private WaitingJob() {}

    static Decision decide(JobState state) {
        var decision = wait(state);
        return state.holds(Conditions.SUSPENDED)
                ? decision.tell(state.notice(Notice.Reason.Resumed, "suspend is false again, and the job queues"))
                : decision;
    }

    private static Decision wait(JobState state) {
        var referents = state.world().referents();
        var references = state.description().references();
        var missing = references.missing(referents);
        if (missing.isPresent()) {
            var pending = Decision.of(new Situation.Pending(missing.get()));
            // What is watched brings a pass when it comes.
            return references.hasUnwatchedMissing(referents) ? pending.again(LookAgain.in(state.world())) : pending;
        }
        var useless = References.unshareable(state.description().pods(), referents)
                .or(() -> References.unwritable(state.description().volumes(), referents));
        if (useless.isPresent()) {
            return Decision.of(new Situation.Pending(useless.get()));
        }
        var withoutVolume = References.withoutVolume(referents);
        if (withoutVolume.isPresent()) {
            // The claim itself is watched; what its provisioner says isn't.
            return Decision.of(new Situation.Pending(withoutVolume.get())).again(LookAgain.in(state.world()));
        }
        // One that has ended holds nothing, though somebody's finalizer may keep it there.
        var old = oldPods(state)
                .filter(pod -> !PodReport.finished(pod) && !state.world().onDeadNode(pod))
                .toList();
        if (!old.isEmpty()) {
            return Decision.of(new Situation.Pending(lastWait(
                    state,
                    "waits for %s of attempt %d to end"
                            .formatted(Messages.pods(old.size()), PodLabels.attempt(old.getFirst())))));
        }
        var left = Duration.between(state.world().now(), requeueAt(state));
        if (left.isPositive() && !AcceptedData.answers(state)) {
            return Decision.of(new Situation.Pending(lastWait(state, "waits before the next attempt")))
                    .again(left);
        }
        return model(state)
                .or(() -> turn(state))
                .or(() -> DataCheck.beforeQueueing(state))
                .orElseGet(() -> queue(state));
    }

    private static Instant requeueAt(JobState state) {
        return state.status()
                .map(status -> status.getRequeueAt())
                .map(Instant::parse)
                .orElse(Instant.EPOCH);
    }

    /** What to do while another job writes the place that this one writes. */
    private static Optional<Decision> turn(JobState state) {
        return state.world()
                .others()
                .outputHolder()
                .map(holder -> Decision.of(new Situation.Pending(OutputUse.wait(state.job(), holder))));
    }

    /** What to do about the other job's model; nothing if it is known, or there is none. */
    private static Optional<Decision> model(JobState state) {
        var description = state.description();
        return description.modelFound().isPresent()
                ? Optional.empty()
                : description
                        .modelFrom()
                        .map(ref -> cycle(state)
                                .orElseGet(() -> ModelSource.of(
                                        ref,
                                        description.job(),
                                        state.world().referents().source())))
                        .map(WaitingJob::situation)
                        .map(Decision::of);
    }

    /** That no job of a circle can ever begin. */
    private static Optional<ModelSource> cycle(JobState state) {
        var cycle = state.world().others().cycle();
        return cycle.isEmpty() ? Optional.empty() : Optional.of(new ModelSource.NotYet(ModelCycle.sentence(cycle)));
    }

    private static Situation situation(ModelSource source) {
        return switch (source) {
            case ModelSource.NotYet(var message) ->
                new Situation.Pending(new Wait(WaitReason.WAITING_FOR_MODEL, message));
            case ModelSource.Found(var model) ->
                new Situation.ModelFound(
                        new Wait(
                                WaitReason.PENDING, "goes on from %s, %s".formatted(model.getUri(), model.getDigest())),
                        model);
        };
    }

    private static Decision queue(JobState state) {
        boolean check = DataCheck.isDue(state.description());
        int pods = check ? 1 : state.description().pods();
        // What it asks for may have been changed since: that is asked about anew.
        var queued = state.queued().filter(wait -> isSeen(state));
        var wait = state.world()
                .verdict()
                .map(verdict -> check ? DataCheck.of(verdict) : verdict)
                .or(() -> queued)
                .orElseGet(() -> {
                    var first = new Wait(
                            WaitReason.WAITING_FOR_CAPACITY,
                            (pods == 1 ? "waits for a place for " : "waits for places for ") + Messages.pods(pods));
                    return check ? DataCheck.of(first) : first;
                });
        var decision = Decision.of(new Situation.Queued(wait));
        if (queued.isPresent()) {
            return decision;
        }
        var asking = decision.with(JobChildren.beforeQueueing(state));
        // What is told of are the workers' places.
        return check ? asking : asking.tell(state.notice(Notice.Reason.Queued, wait.message()));
    }

    private static boolean isSeen(JobState state) {
        var generation = state.job().getMetadata().getGeneration();
        return state.status()
                .map(JobStatus::getObservedGeneration)
                .filter(seen -> seen.equals(generation))
                .isPresent();
    }

    /** Goes on saying why the last attempt ended; without one, says what it waits for. */
    private static Wait lastWait(JobState state, String otherwise) {
        return state.waiting()
                .filter(wait -> wait.reason().isWorthRepeating())
                .orElseGet(() -> new Wait(WaitReason.PENDING, otherwise));
    }

    /**
     * Pods of attempts before the current one, but for the one that is kept; of those that check data, the ones that
     * haven't ended.
     */
    static Stream<Pod> oldPods(JobState state) {
        var kept = KeptPod.of(state);
        var workers = KeptPod.old(state)
                .filter(pod -> kept.filter(other -> other == pod).isEmpty());
        return Stream.concat(workers, DataCheck.old(state));
    }
}
