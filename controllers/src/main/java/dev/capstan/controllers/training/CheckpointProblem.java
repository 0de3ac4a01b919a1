package dev.capstan.controllers.training;

import dev.capstan.controllers.plan.Notice;
import dev.capstan.controllers.plan.Plan;
import dev.capstan.crds.training.TrainingJobStatus;

/**
 * A checkpoint that couldn't be written costs nothing yet, and all since the last one if a machine dies: it is told.
 */
final class CheckpointProblem {
    private CheckpointProblem() {}

    /** The plan, with a word about the first checkpoint that failed after one that didn't. */
    static Plan<TrainingJobStatus> tell(Draft draft, Plan<TrainingJobStatus> plan) {
        var problem = of(plan.status());
        return problem == null || of(draft.job().getStatus()) != null
                ? plan
                : draft.tell(plan, Notice.Reason.CheckpointFailed, problem);
    }

    private static String of(TrainingJobStatus status) {
        return status == null || status.getProgress() == null
                ? null
                : status.getProgress().getCheckpointProblem();
    }
}
