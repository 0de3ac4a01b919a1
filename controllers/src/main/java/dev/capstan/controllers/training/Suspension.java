package dev.capstan.controllers.training;

import dev.capstan.controllers.plan.Children;
import dev.capstan.controllers.plan.Notice;
import dev.capstan.controllers.plan.Plan;
import dev.capstan.controllers.plan.Wait;
import dev.capstan.crds.Conditions;
import dev.capstan.crds.Reasons;
import dev.capstan.crds.training.TrainingJobStatus;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.List;
import java.util.stream.Stream;

/**
 * A job that is to rest. Its pods are told to end, with their grace period, in which the workers write a checkpoint;
 * when no pod holds a place any more, the places are given up by beginning the next attempt, which then doesn't queue.
 *
 * <p>A job whose quota drains gives its places up in the same way, and queues.
 *
 * <p>Once the pods were told to end, that is seen through, also if the job isn't to rest any more: the attempt can't be
 * saved, and its end is no loss to be counted.
 */
final class Suspension {
    private Suspension() {}

    /** Whether a quota wants the job's places, which it then gives up in the same way, only to queue again. */
    static boolean isDrained(Draft draft) {
        return Standing.granted(draft.job()) && draft.world().drainedBy().isPresent();
    }

    static Plan<TrainingJobStatus> decide(Draft draft) {
        if (!Standing.granted(draft.job())) {
            return stopThen(draft, rest(draft));
        }
        // A job that ends just now has ended, whatever is wished for it.
        var here = draft.workers().stream()
                .filter(worker -> !(worker instanceof WorkerState.Missing))
                .toList();
        return switch (Fate.of(here, draft.world().now())) {
            case Fate.Succeeded(var artifact) -> draft.complete(artifact);
            case Fate.Failed(var reason, var message) -> draft.fail(reason, message);
            case Fate.Alive alive -> stopAttempt(draft);
            case Fate.Settling settling -> stopAttempt(draft);
            case Fate.Broken broken -> stopAttempt(draft);
            case Fate.Crashed crashed -> stopAttempt(draft);
            case Fate.TurnedAway turnedAway -> stopAttempt(draft);
        };
    }

    private static Plan<TrainingJobStatus> stopAttempt(Draft draft) {
        // The status says so before a pod is deleted, so that their end is known for what it is.
        return Standing.suspending(draft.job())
                ? stopThen(draft, Standing.toSuspend(draft.job()) ? rest(draft) : resume(draft))
                : draft.plan(new Situation.Suspending(wait(holding(draft))));
    }

    /** Has the pods end, and does what comes then, if none is left. */
    private static Plan<TrainingJobStatus> stopThen(Draft draft, Plan<TrainingJobStatus> then) {
        var stop = all(draft)
                .filter(pod -> pod.getMetadata().getDeletionTimestamp() == null && !WorkerStates.finished(pod))
                .toList();
        var holding = holding(draft);
        var plan = holding.isEmpty() ? then : draft.plan(new Situation.Suspending(wait(holding)));
        return plan.withChildren(Children.deleted(stop));
    }

    private static Plan<TrainingJobStatus> rest(Draft draft) {
        var checkpoint = LastCheckpoint.of(draft.job(), draft.world());
        var message = "no worker runs and no place is held; with suspend: false the job queues again"
                + checkpoint
                        .map(last -> " and goes on from step %d or later".formatted(last.getStep()))
                        .orElse("");
        var situation = new Situation.Suspended(message);
        var plan =
                Standing.granted(draft.job()) ? draft.anew(Attempts.End.SUSPENDED, situation) : draft.plan(situation);
        return Standing.holds(draft.job(), Conditions.SUSPENDED)
                ? plan
                : draft.tell(plan, Notice.Reason.Suspended, message);
    }

    private static Plan<TrainingJobStatus> resume(Draft draft) {
        if (draft.world().drainedBy().isPresent()) {
            var message = "attempt %d gave its places up, because the stopPolicy of quota %s is Drain"
                    .formatted(draft.attempt(), draft.world().drainedBy().get());
            return anew(draft, new Wait(Reasons.DRAINED, message), Notice.Reason.Drained);
        }
        var message =
                "attempt %d was stopped, and what it was stopped for was taken back since".formatted(draft.attempt());
        return anew(draft, new Wait(Reasons.RESUMED, message), Notice.Reason.Resumed);
    }

    private static Plan<TrainingJobStatus> anew(Draft draft, Wait wait, Notice.Reason notice) {
        var plan = draft.anew(Attempts.End.SUSPENDED, new Situation.Anew(wait));
        plan.status().setStartTime(null);
        return draft.tell(plan, notice, wait.message());
    }

    private static Wait wait(List<Pod> holding) {
        return new Wait(
                Reasons.SUSPENDING,
                holding.size() == 1
                        ? "waits for 1 pod to write its checkpoint and end"
                        : "waits for %d pods to write a checkpoint and end".formatted(holding.size()));
    }

    /** Pods that hold a place: a pod whose node is dead can't end, and nobody can have its place. */
    private static List<Pod> holding(Draft draft) {
        return all(draft)
                .filter(pod -> !WorkerStates.finished(pod) && !draft.world().onDeadNode(pod))
                .toList();
    }

    private static Stream<Pod> all(Draft draft) {
        return Stream.concat(draft.world().pods().stream(), draft.world().checks().stream());
    }
}
