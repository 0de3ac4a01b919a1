package dev.capstan.crds.training;

import com.fasterxml.jackson.annotation.JsonProperty;

/** What computes the steps of a training. */
public enum Engine {
    /** The one that is faster for this training, its start included. */
    @JsonProperty("Auto")
    AUTO,
    /** LibTorch, PyTorch's C++ library, on the parameters of the DL4J model. */
    @JsonProperty("LibTorch")
    LIBTORCH,
    /** Deeplearning4j itself. */
    @JsonProperty("Deeplearning4j")
    DEEPLEARNING4J
}
