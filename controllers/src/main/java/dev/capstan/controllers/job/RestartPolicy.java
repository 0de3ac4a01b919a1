package dev.capstan.controllers.job;

import dev.capstan.controllers.plan.Notice;
import dev.capstan.controllers.plan.Wait;
import dev.capstan.controllers.plan.WaitReason;
import dev.capstan.crds.Reasons;

/**
 * What follows the end of an attempt that didn't finish the job: another, as long as the failure policy allows.
 * Machines come and go, so their losses are borne for long; a program that crashes again and again where it crashed
 * before isn't.
 */
final class RestartPolicy {
    private RestartPolicy() {}

    /** Machines or pods were lost. */
    static Decision lost(JobState state, String cause) {
        return restart(state, Attempts.End.LOST, "was lost", cause + disrupted(state, cause));
    }

    /** Of a worker that was asked to stop, or is gone, who wanted that. */
    private static String disrupted(JobState state, String cause) {
        return state.hadToGo()
                .filter(gone -> !cause.contains(gone.why()))
                .map(gone -> "; pod %s had to go: %s".formatted(gone.pod(), gone.why()))
                .orElse("");
    }

    /** A worker ended by its own doing. */
    static Decision crashed(JobState state, String cause) {
        int allowed = state.spec().failurePolicy().maxCrashes();
        int crashes = state.attempts().crashes() + 1;
        return crashes >= allowed
                ? AdmittedJob.fail(state, Reasons.PROGRAM_CRASHED, exhausted(crashes, allowed, cause))
                : restart(state, Attempts.End.CRASHED, "crashed", cause);
    }

    /** Not all pods came to run: those that did give their places up, and the job queues again. */
    static Decision rollBack(JobState state, Wait why) {
        return rollBack(state, why, Attempts.End.ROLLED_BACK);
    }

    /**
     * A pod can't be started where it is. Somebody has to do something about that, most often, so the places are given
     * back for longer each time.
     */
    static Decision cannotStart(JobState state, String cause) {
        var end = Attempts.End.NOT_STARTED;
        var backoff = state.attempts().after(end).backoff(end);
        return rollBack(
                state,
                new Wait(WaitReason.PODS_FAILING, "%s; queues again after %d s".formatted(cause, backoff.toSeconds())),
                end);
    }

    private static Decision rollBack(JobState state, Wait why, Attempts.End end) {
        var attempts = state.attempts();
        var message = "attempt %d was rolled back (%d so far): %s"
                .formatted(attempts.number(), attempts.rollbacks() + 1, why.message());
        return Decision.of(new Situation.Requeued(new Wait(why.reason(), message), end))
                .tell(state.notice(Notice.Reason.RolledBack, message));
    }

    /**
     * The data aren't what they were: nobody's loss, and nothing to be counted. Whether they are back, an attempt finds
     * out again after a while; its user may have it go on with what is there.
     */
    static Decision otherData(JobState state, String message) {
        return Decision.of(new Situation.Requeued(new Wait(WaitReason.DATA_CHANGED, message), Attempts.End.OTHER_DATA))
                .tell(state.notice(Notice.Reason.DataChanged, message));
    }

    /** Why so many crashes fail a job. */
    static String exhausted(int crashes, int allowed, String cause) {
        return (crashes == 1
                        ? "crashed"
                        : "crashed %d times in a row with no new checkpoint in between".formatted(crashes))
                + " (failurePolicy.maxCrashes is %d): %s".formatted(allowed, cause);
    }

    private static Decision restart(JobState state, Attempts.End end, String what, String cause) {
        int allowed = state.spec().failurePolicy().maxRestarts();
        if (state.attempts().inVain() >= allowed) {
            return AdmittedJob.fail(
                    state,
                    Reasons.RESTARTS_EXHAUSTED,
                    "attempt %d %s, and failurePolicy.maxRestarts allows %d restarts with no newer checkpoint in between: %s"
                            .formatted(state.attempt(), what, allowed, cause));
        }
        var message = "attempt %d %s: %s".formatted(state.attempt(), what, cause);
        return Decision.of(new Situation.Requeued(new Wait(WaitReason.RESTARTING, message), end))
                .tell(state.notice(Notice.Reason.Restarting, message));
    }
}
