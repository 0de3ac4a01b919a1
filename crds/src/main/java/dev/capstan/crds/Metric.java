package dev.capstan.crds;

import com.fasterxml.jackson.annotation.JsonProperty;

/** A measure of a model. */
public enum Metric {
    /** Mean loss a sample: smaller is better. */
    @JsonProperty("loss")
    LOSS,
    /** Share of the samples that the model gets right: larger is better. */
    @JsonProperty("accuracy")
    ACCURACY
}
