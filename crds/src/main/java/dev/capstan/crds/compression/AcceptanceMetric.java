package dev.capstan.crds.compression;

import com.fasterxml.jackson.annotation.JsonProperty;

/** What acceptance measures on the test data. */
public enum AcceptanceMetric {
    /** Share of the samples that the model gets right. */
    @JsonProperty("accuracy")
    ACCURACY
}
