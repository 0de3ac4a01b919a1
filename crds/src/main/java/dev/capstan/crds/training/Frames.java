package dev.capstan.crds.training;

import com.fasterxml.jackson.annotation.JsonProperty;

/** How what workers send each other is protected. */
public enum Frames {
    /** Encrypted, and what is changed on the way is refused. */
    @JsonProperty("Encrypted")
    ENCRYPTED,
    /** As it is. */
    @JsonProperty("Plain")
    PLAIN
}
