package dev.capstan.controllers.training;

import dev.capstan.controllers.job.JobDescription;
import dev.capstan.controllers.job.JobKind;
import dev.capstan.crds.training.TrainingJob;

/** TrainingJobs: jobs whose workers train one model together. */
public final class TrainingKind implements JobKind<TrainingJob> {
    @Override
    public Class<TrainingJob> type() {
        return TrainingJob.class;
    }

    @Override
    public JobDescription describe(TrainingJob job) {
        return new TrainingDescription(job);
    }
}
