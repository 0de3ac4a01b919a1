package dev.capstan.worker.compress.quantize;

/**
 * What shares a scale among a layer's weights: Krishnamoorthi 2018, "Quantizing deep convolutional networks", section
 * 3.1.
 */
public enum Granularity {
    /** All weights of the layer. */
    TENSOR,
    /** The weights of one output channel or neuron. */
    CHANNEL
}
