package dev.capstan.controllers.training;

import dev.capstan.controllers.plan.Notice;
import dev.capstan.controllers.plan.Plan;
import dev.capstan.controllers.plan.Wait;
import dev.capstan.crds.Reasons;
import dev.capstan.crds.training.TrainingDefaults;
import dev.capstan.crds.training.TrainingJobStatus;

/**
 * What follows the loss of an attempt: another, as long as the failure policy allows. Machines come and go, so losses
 * of them are borne for long; a program that crashes again and again where it crashed before isn't.
 */
final class Losses {
    private Losses() {}

    /** Machines or pods were lost. */
    static Plan<TrainingJobStatus> lost(Draft draft, String cause) {
        return restart(draft, Attempts.End.LOST, "was lost", cause);
    }

    /** A worker ended by its own doing. */
    static Plan<TrainingJobStatus> crashed(Draft draft, String cause) {
        int allowed = TrainingDefaults.maxCrashes(draft.job().getSpec());
        int crashes = draft.attempts().crashes() + 1;
        if (crashes >= allowed) {
            return draft.fail(Reasons.PROGRAM_CRASHED, exhausted(crashes, allowed, cause));
        }
        return restart(draft, Attempts.End.CRASHED, "crashed", cause);
    }

    /** Why so many crashes fail a job. */
    static String exhausted(int crashes, int allowed, String cause) {
        return (crashes == 1
                        ? "crashed"
                        : "crashed %d times in a row with no new checkpoint in between".formatted(crashes))
                + " (failurePolicy.maxCrashes is %d): %s".formatted(allowed, cause);
    }

    private static Plan<TrainingJobStatus> restart(Draft draft, Attempts.End end, String what, String cause) {
        int allowed = TrainingDefaults.maxRestarts(draft.job().getSpec());
        if (draft.attempts().restarts() >= allowed) {
            return draft.fail(
                    Reasons.RESTARTS_EXHAUSTED,
                    "attempt %d %s, and failurePolicy.maxRestarts allows %d restarts: %s"
                            .formatted(draft.attempt(), what, allowed, cause));
        }
        var message = "attempt %d %s: %s".formatted(draft.attempt(), what, cause);
        var plan = draft.anew(end, new Situation.Anew(new Wait(Reasons.RESTARTING, message)));
        return draft.tell(plan, Notice.Reason.Restarting, message);
    }
}
