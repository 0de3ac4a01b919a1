package dev.capstan.crds.compression;

import com.fasterxml.jackson.annotation.JsonProperty;

/** How many of int8's values weights use. */
public enum WeightRange {
    /** What the worker's CPU needs. */
    @JsonProperty("Auto")
    AUTO,
    /** All of them. */
    @JsonProperty("Full")
    FULL,
    /** 7 bits. */
    @JsonProperty("Reduced")
    REDUCED
}
