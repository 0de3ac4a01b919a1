package dev.capstan.crds.compression;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.capstan.crds.Block;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Size;

/** What a step costs if it is done to one layer alone. */
public class LayerSensitivity extends Block {
    @JsonPropertyDescription("step is the number of the step, counted from 1.")
    @Min(0)
    @Max(16)
    private Integer step;

    @JsonPropertyDescription("layer is the name of the layer.")
    @Size(max = 256)
    private String layer;

    @JsonPropertyDescription(
            "accuracy is the share of samples of data.train that the model then gets right: a decimal, written as a string.")
    @Size(max = 32)
    private String accuracy;

    @JsonPropertyDescription(
            "error is the root mean square by which the outputs then differ, in relation to theirs: a decimal, written as a string.")
    @Size(max = 32)
    private String error;

    /** Number of the step, from 1. */
    public Integer getStep() {
        return step;
    }

    public LayerSensitivity setStep(Integer step) {
        this.step = step;
        return this;
    }

    /** Its name. */
    public String getLayer() {
        return layer;
    }

    public LayerSensitivity setLayer(String layer) {
        this.layer = layer;
        return this;
    }

    /** Accuracy then, a decimal, or null. */
    public String getAccuracy() {
        return accuracy;
    }

    public LayerSensitivity setAccuracy(String accuracy) {
        this.accuracy = accuracy;
        return this;
    }

    /** Relative error of the outputs, a decimal, or null. */
    public String getError() {
        return error;
    }

    public LayerSensitivity setError(String error) {
        this.error = error;
        return this;
    }
}
