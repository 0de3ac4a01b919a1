package dev.capstan.crds.training;

import com.fasterxml.jackson.annotation.JsonProperty;

/** Loss functions, in YAML by DL4J's names in lower case. */
public enum Loss {
    /** Cross entropy over the classes. */
    @JsonProperty("mcxent")
    MCXENT,
    /** The same as {@link #MCXENT}, under DL4J's other name for it. */
    @JsonProperty("negativeloglikelihood")
    NEGATIVELOGLIKELIHOOD,
    /** Mean squared error. */
    @JsonProperty("mse")
    MSE
}
