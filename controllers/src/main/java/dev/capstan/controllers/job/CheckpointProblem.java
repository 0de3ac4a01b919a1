package dev.capstan.controllers.job;

import dev.capstan.controllers.plan.Notice;
import dev.capstan.crds.JobStatus;
import dev.capstan.crds.Progress;
import java.util.Optional;

/**
 * A checkpoint that couldn't be written costs nothing yet, and all since the last one if a machine dies: it is told.
 */
final class CheckpointProblem {
    private CheckpointProblem() {}

    /** A word about the first checkpoint that failed after one that didn't. */
    static Optional<Notice> notice(JobState state, JobStatus status) {
        return state.status().flatMap(CheckpointProblem::of).isPresent()
                ? Optional.empty()
                : of(status).map(problem -> state.notice(Notice.Reason.CheckpointFailed, problem));
    }

    private static Optional<String> of(JobStatus status) {
        return Optional.ofNullable(status.getProgress()).map(Progress::getCheckpointProblem);
    }
}
