package dev.capstan.crds.quota;

import com.fasterxml.jackson.annotation.JsonProperty;

/** Whether a quota admits jobs. */
public enum StopPolicy {
    /** Jobs are admitted as the amounts allow. */
    @JsonProperty("None")
    NONE,
    /** Nothing new is admitted; what runs goes on. */
    @JsonProperty("Hold")
    HOLD,
    /** Nothing new is admitted; what runs writes a checkpoint, gives its places up and queues. */
    @JsonProperty("Drain")
    DRAIN
}
