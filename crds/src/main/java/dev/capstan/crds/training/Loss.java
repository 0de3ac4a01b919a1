package dev.capstan.crds.training;

import com.fasterxml.jackson.annotation.JsonProperty;

/** Loss functions, in YAML by names in lower case. */
public enum Loss {
    /** Cross entropy over the classes. */
    @JsonProperty("mcxent")
    MCXENT,
    /** The same as {@link #MCXENT}, under DL4J's other name for it. */
    @JsonProperty("negativeloglikelihood")
    NEGATIVELOGLIKELIHOOD,
    /** Mean squared error. */
    @JsonProperty("mse")
    MSE,
    /** Mean absolute error. */
    @JsonProperty("mae")
    MAE,
    /** Squared as far as an error is below 1, and absolute beyond. */
    @JsonProperty("huber")
    HUBER
}
