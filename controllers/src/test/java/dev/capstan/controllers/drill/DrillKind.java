package dev.capstan.controllers.drill;

import dev.capstan.controllers.job.JobDescription;
import dev.capstan.controllers.job.JobKind;

/** Drills. */
public final class DrillKind implements JobKind<Drill> {
    @Override
    public Class<Drill> type() {
        return Drill.class;
    }

    @Override
    public JobDescription describe(Drill job) {
        return new DrillDescription(job);
    }
}
