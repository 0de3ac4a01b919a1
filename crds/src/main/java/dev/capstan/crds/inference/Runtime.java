package dev.capstan.crds.inference;

import com.fasterxml.jackson.annotation.JsonProperty;

/** What computes a model. */
public enum Runtime {
    /** ONNX Runtime, from the artifact's {@code model.onnx}. */
    @JsonProperty("onnx")
    ONNX,
    /** DL4J, from the artifact's {@code model.zip}. */
    @JsonProperty("dl4j")
    DL4J
}
