package dev.capstan.controllers.job;

import dev.capstan.controllers.status.ConditionSet;
import dev.capstan.crds.JobStatus;
import dev.capstan.protocol.Compression;

/** What a kind says in the status of its jobs beside what every job says. */
public interface OwnStatus {
    /** Nothing. */
    OwnStatus NONE = new OwnStatus() {
        @Override
        public void take(Compression found, JobStatus status) {}

        @Override
        public void conditions(JobStatus status, ConditionSet set) {}
    };

    /**
     * Writes down what workers tell of what they have found, whatever they tell: it may come from a tenant's own
     * program, and a status that the schema refuses would be tried for ever.
     *
     * @param status of the kind's class
     */
    void take(Compression found, JobStatus status);

    /**
     * Sets the conditions that only this kind has.
     *
     * @param status of the kind's class, as it will be written
     */
    void conditions(JobStatus status, ConditionSet set);
}
