package dev.capstan.controllers.job;

import dev.capstan.controllers.plan.Notice;
import dev.capstan.controllers.plan.Wait;
import dev.capstan.controllers.plan.WaitReason;
import dev.capstan.controllers.pods.PodLabels;
import dev.capstan.crds.Conditions;
import dev.capstan.crds.Reasons;
import dev.capstan.protocol.Outcome;
import dev.capstan.protocol.Progress;
import io.fabric8.kubernetes.api.model.Condition;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * The state of a job that is to rest, where it can't be kept: while storage refuses it, the workers live on and are
 * asked for it again, as long as a gang may take to become whole; then the job stops without.
 */
final class KeepState {
    private KeepState() {}

    /** The text of the request for a checkpoint that is made before the workers are told to end. */
    static String request(JobState state) {
        return "suspend " + state.job().getMetadata().getGeneration();
    }

    /** What to do instead of telling the workers to end, if their last try at a checkpoint failed. */
    static Optional<Decision> before(JobState state) {
        var problem = state.report().map(Progress::checkpointProblem);
        boolean done =
                state.world().doneRequest().filter(request(state)::equals).isPresent();
        boolean works = state.holds(Conditions.READY) || since(state).isPresent();
        if (problem.isEmpty() || done || !works) {
            return Optional.empty();
        }
        var now = state.world().now();
        int timeout = state.spec().scheduling().timeoutSeconds();
        var until = since(state).orElse(now).plusSeconds(timeout);
        var left = Duration.between(now, until);
        if (!left.isPositive()) {
            return Optional.empty();
        }
        var wait = new Wait(
                WaitReason.STATE_NOT_KEPT,
                "%s; it is tried again for up to %d s (scheduling.timeoutSeconds), and then the job stops without: %s"
                        .formatted(problem.get(), timeout, consequence(state)));
        var decision = Decision.of(new Situation.Keeping(wait))
                .following(state.follow(state.workers()))
                .again(left);
        return Optional.of(
                since(state).isPresent()
                        ? decision
                        : decision.tell(state.notice(Notice.Reason.StateNotKept, wait.message())));
    }

    private static Optional<Instant> since(JobState state) {
        return state.condition(Conditions.RECONCILING)
                .filter(condition -> Conditions.TRUE.equals(condition.getStatus()))
                .filter(condition -> Reasons.STATE_NOT_KEPT.equals(condition.getReason()))
                .map(Condition::getLastTransitionTime)
                .map(Instant::parse);
    }

    /** Why the state of the attempt that was stopped, or of the one before the current, isn't kept; empty if it is. */
    static Optional<String> lost(JobState state) {
        int attempt = state.attempt();
        boolean stopped = state.holds(Conditions.SUSPENDED);
        int last = stopped ? attempt - 1 : attempt;
        var ofPods = state.world().pods().stream()
                .filter(pod -> PodLabels.rank(pod) == Seats.leading(state.job()) && PodLabels.attempt(pod) == last)
                .flatMap(pod -> WorkerStates.outcome(pod).stream())
                .filter(outcome -> outcome.reason() == Outcome.Reason.StateNotKept)
                .map(Outcome::message);
        var heard =
                state.world().lastWord().filter(word -> word.attempt() == last).map(LastWords.Word::notKept);
        return ofPods.findFirst().or(() -> heard);
    }

    /** From where a job goes on that lost what came after its last checkpoint. */
    static String consequence(JobState state) {
        return LastCheckpoint.of(state.job(), state.world())
                .map(last -> "it goes back to step " + last.getStep())
                .orElse("it begins anew, for there is no checkpoint");
    }
}
