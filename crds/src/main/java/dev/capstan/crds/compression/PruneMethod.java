package dev.capstan.crds.compression;

import com.fasterxml.jackson.annotation.JsonProperty;

/** The magnitude of several weights. */
public enum PruneMethod {
    /** The sum of absolute values. */
    @JsonProperty("L1")
    L1,
    /** The square root of the sum of squares. */
    @JsonProperty("L2")
    L2
}
