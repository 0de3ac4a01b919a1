package dev.capstan.crds.training;

import com.fasterxml.jackson.annotation.JsonProperty;

/** What a convolution does at the edges. */
public enum Padding {
    /** The kernel stays inside: the output is smaller. */
    @JsonProperty("valid")
    VALID,
    /** Zeros around: the output has the input's size, divided by the stride. */
    @JsonProperty("same")
    SAME
}
