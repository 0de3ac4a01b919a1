package dev.capstan.crds.compression;

import com.fasterxml.jackson.annotation.JsonProperty;

/** How the range of an activation follows from what samples make it. */
public enum CalibrationMethod {
    /** From the least to the greatest value. */
    @JsonProperty("MinMax")
    MIN_MAX,
    /** What covers a share of the absolute values. */
    @JsonProperty("Percentile")
    PERCENTILE,
    /** What keeps most of the distribution. */
    @JsonProperty("Entropy")
    ENTROPY
}
