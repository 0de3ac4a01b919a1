package dev.capstan.crds.training;

import com.fasterxml.jackson.annotation.JsonProperty;

/** What gradients are rounded to before they are sent. */
public enum Gradients {
    /** Not at all: floats of 32 bits. */
    @JsonProperty("fp32")
    FP32,
    /** Their upper halves: the same range, with 8 bits' precision. */
    @JsonProperty("bf16")
    BF16
}
