package dev.capstan.controllers.job;

import dev.capstan.crds.CapstanJob;

/**
 * A kind of job: anything that runs pods, all or nobody, to its end. All of a job's life is written once, in this room;
 * a kind says what is its own by describing its jobs.
 */
public interface JobKind<J extends CapstanJob<?, ?>> {
    /** The class of its objects. */
    Class<J> type();

    /** What is a job's own. Called often: it should only wrap the job, and work things out when it is asked. */
    JobDescription describe(J job);
}
