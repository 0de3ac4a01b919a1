package dev.capstan.crds.compression;

import com.fasterxml.jackson.annotation.JsonProperty;

/** What shares a scale among a layer's weights. */
public enum WeightGranularity {
    /** All weights of the layer. */
    @JsonProperty("Tensor")
    TENSOR,
    /** The weights of one output channel or neuron. */
    @JsonProperty("Channel")
    CHANNEL
}
