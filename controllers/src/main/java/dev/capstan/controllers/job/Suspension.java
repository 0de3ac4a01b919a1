package dev.capstan.controllers.job;

import dev.capstan.controllers.plan.Children;
import dev.capstan.controllers.plan.Notice;
import dev.capstan.controllers.plan.Wait;
import dev.capstan.controllers.plan.WaitReason;
import dev.capstan.controllers.pods.PodReport;
import dev.capstan.crds.Conditions;
import dev.capstan.crds.Reasons;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.List;
import java.util.stream.Stream;

/**
 * A job that is to be suspended. Its pods are told to end, with their grace period, in which the workers write a
 * checkpoint; when no pod holds a place any more, the places are given up by beginning the next attempt, which then
 * doesn't queue.
 *
 * <p>A job whose quota drains gives its places up in the same way, and queues.
 *
 * <p>Once the pods were told to end, that is seen through, also if {@code suspend} is false again by then: the attempt
 * can't be saved, and its end is no loss to be counted.
 */
final class Suspension {
    private Suspension() {}

    /** Whether a quota wants the job's places, which it then gives up in the same way, only to queue again. */
    static boolean isDrained(JobState state) {
        return StatusReader.granted(state.job()) && state.world().drainedBy().isPresent();
    }

    static Decision decide(JobState state) {
        if (!StatusReader.granted(state.job())) {
            return stopThen(state, suspend(state));
        }
        var checked = DataCheck.found(state);
        if (checked.isPresent()) {
            return checked.get();
        }
        // A job that ends just now has ended, whatever its spec says.
        var here = state.workers().stream()
                .filter(worker -> !(worker instanceof WorkerState.Missing))
                .toList();
        return switch (AttemptOutcome.of(here, state.world().now())) {
            case AttemptOutcome.Succeeded(var outcome) -> AdmittedJob.complete(state, outcome);
            case AttemptOutcome.Failed(var reason, var message) -> AdmittedJob.fail(state, reason, message);
            case AttemptOutcome.Alive alive -> stopAttempt(state);
            case AttemptOutcome.Settling settling -> stopAttempt(state);
            case AttemptOutcome.Broken broken -> stopAttempt(state);
            case AttemptOutcome.Crashed crashed -> stopAttempt(state);
            case AttemptOutcome.OtherData otherData -> stopAttempt(state);
            case AttemptOutcome.TurnedAway turnedAway -> stopAttempt(state);
        };
    }

    private static Decision stopAttempt(JobState state) {
        // The status says so before a pod is deleted, so that their end is known for what it is.
        return StatusReader.suspending(state.job())
                ? stopThen(state, StatusReader.toSuspend(state.job()) ? suspend(state) : resume(state))
                : KeepState.before(state).orElseGet(() -> Decision.of(new Situation.Suspending(wait(holding(state)))));
    }

    /** Has the pods end, and does what comes then, if none is left. */
    private static Decision stopThen(JobState state, Decision then) {
        var stop = all(state)
                .filter(pod -> pod.getMetadata().getDeletionTimestamp() == null && !PodReport.finished(pod))
                .toList();
        var holding = holding(state);
        var decision = holding.isEmpty() ? then : Decision.of(new Situation.Suspending(wait(holding)));
        return decision.with(Children.deleted(stop));
    }

    private static Decision suspend(JobState state) {
        var lost = KeepState.lost(state);
        var known = state.condition(Conditions.SUSPENDED)
                .filter(condition -> Reasons.STATE_NOT_KEPT.equals(condition.getReason())
                        && Conditions.TRUE.equals(condition.getStatus()));
        if (lost.isEmpty() && known.isPresent()) {
            // Whoever said so is gone.
            return Decision.of(new Situation.Suspended(known.get().getMessage(), false, true));
        }
        var checkpoint = LastCheckpoint.of(state.job(), state.world());
        var message = "no worker runs and no place is held; with suspend: false the job queues again"
                + lost.map(why ->
                                ", and " + KeepState.consequence(state) + ": its state could not be kept (" + why + ")")
                        .or(() ->
                                checkpoint.map(last -> " and goes on from step %d or later".formatted(last.getStep())))
                        .orElse("");
        var decision =
                Decision.of(new Situation.Suspended(message, StatusReader.granted(state.job()), lost.isPresent()));
        if (state.holds(Conditions.SUSPENDED)) {
            return decision;
        }
        var told = decision.tell(state.notice(Notice.Reason.Suspended, message));
        return lost.isPresent() ? told.tell(state.notice(Notice.Reason.StateNotKept, message)) : told;
    }

    private static Decision resume(JobState state) {
        var drainedBy = state.world().drainedBy();
        return drainedBy.isPresent()
                ? requeue(
                        state,
                        new Wait(
                                WaitReason.DRAINED,
                                "attempt %d gave its places up, because the stopPolicy of quota %s is Drain"
                                        .formatted(state.attempt(), drainedBy.get())),
                        Notice.Reason.Drained)
                : requeue(
                        state,
                        new Wait(
                                WaitReason.RESUMED,
                                "attempt %d was stopped, suspend is false again, and the job queues"
                                        .formatted(state.attempt())),
                        Notice.Reason.Resumed);
    }

    private static Decision requeue(JobState state, Wait wait, Notice.Reason notice) {
        return Decision.of(new Situation.Requeued(wait, Attempts.End.SUSPENDED))
                .tell(state.notice(notice, wait.message()));
    }

    private static Wait wait(List<Pod> holding) {
        return new Wait(
                WaitReason.SUSPENDING,
                holding.size() == 1
                        ? "waits for 1 pod to write its checkpoint and end"
                        : "waits for %d pods to write a checkpoint and end".formatted(holding.size()));
    }

    /** Pods that hold a place: a pod whose node is dead can't end, and nobody can have its place. */
    private static List<Pod> holding(JobState state) {
        return all(state)
                .filter(pod -> !PodReport.finished(pod) && !state.world().onDeadNode(pod))
                .toList();
    }

    private static Stream<Pod> all(JobState state) {
        return Stream.concat(state.world().pods().stream(), state.world().checks().stream());
    }
}
