package dev.capstan.crds;

import com.fasterxml.jackson.annotation.JsonProperty;

/** A job's conditions in one word, for people. Nothing decides on it. */
public enum Phase {
    /** The operator is making what the job needs before it can queue. */
    @JsonProperty("Pending")
    PENDING,
    /** Waits for places for all of its workers. */
    @JsonProperty("Queued")
    QUEUED,
    /** Places are granted; pods start and meet. */
    @JsonProperty("Starting")
    STARTING,
    /** The workers have met: they read their data, train, or save the model. */
    @JsonProperty("Running")
    RUNNING,
    /** Workers were lost; the next attempt is being prepared. */
    @JsonProperty("Restarting")
    RESTARTING,
    /** Rests as its spec wants it, or is about to. */
    @JsonProperty("Suspended")
    SUSPENDED,
    /** The artifact is there. */
    @JsonProperty("Succeeded")
    SUCCEEDED,
    /** Ended without an artifact. */
    @JsonProperty("Failed")
    FAILED
}
