package dev.capstan.crds.training;

import com.fasterxml.jackson.annotation.JsonProperty;

/** Ways to divide the work among the workers. */
public enum Strategy {
    /** Every worker holds the whole model and takes its share of each batch. */
    @JsonProperty("DataParallel")
    DATA_PARALLEL
}
