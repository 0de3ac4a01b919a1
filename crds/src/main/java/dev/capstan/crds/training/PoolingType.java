package dev.capstan.crds.training;

import com.fasterxml.jackson.annotation.JsonProperty;

/** How pooled values become one. */
public enum PoolingType {
    /** The largest. */
    @JsonProperty("max")
    MAX,
    /** The mean. */
    @JsonProperty("average")
    AVERAGE
}
