package dev.capstan.controllers.compression;

import dev.capstan.controllers.job.JobDescription;
import dev.capstan.controllers.job.JobKind;
import dev.capstan.crds.compression.CompressionJob;

/** CompressionJobs: jobs whose workers make a model smaller, and say what that costs. */
public final class CompressionKind implements JobKind<CompressionJob> {
    @Override
    public Class<CompressionJob> type() {
        return CompressionJob.class;
    }

    @Override
    public JobDescription describe(CompressionJob job) {
        return new CompressionDescription(job);
    }
}
