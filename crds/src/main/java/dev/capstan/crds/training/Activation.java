package dev.capstan.crds.training;

import com.fasterxml.jackson.annotation.JsonProperty;

/** Activation functions, in YAML by DL4J's names in lower case. */
public enum Activation {
    @JsonProperty("relu")
    RELU,
    @JsonProperty("leakyrelu")
    LEAKYRELU,
    @JsonProperty("elu")
    ELU,
    @JsonProperty("selu")
    SELU,
    @JsonProperty("gelu")
    GELU,
    @JsonProperty("swish")
    SWISH,
    @JsonProperty("softplus")
    SOFTPLUS,
    @JsonProperty("softsign")
    SOFTSIGN,
    @JsonProperty("tanh")
    TANH,
    @JsonProperty("sigmoid")
    SIGMOID,
    @JsonProperty("softmax")
    SOFTMAX,
    @JsonProperty("identity")
    IDENTITY
}
