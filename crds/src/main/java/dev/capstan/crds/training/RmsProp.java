package dev.capstan.crds.training;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.capstan.crds.Block;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;

/** RMSProp, by Hinton. What is null takes its default, see {@link TrainingDefaults}. */
public class RmsProp extends Block {
    @JsonPropertyDescription(
            "learningRate is the step size, above 0. Default: " + TrainingDefaults.RMS_PROP_LEARNING_RATE + ".")
    @Min(value = 0, inclusive = false)
    @Max(1000)
    private Double learningRate;

    @JsonPropertyDescription("decay is the decay of the mean of squared gradients, from 0 to less than 1. Default: "
            + TrainingDefaults.RMS_PROP_DECAY + ".")
    @Min(0)
    @Max(value = 1, inclusive = false)
    private Double decay;

    @JsonPropertyDescription("epsilon guards against division by zero, above 0. Default: 1e-8.")
    @Min(value = 0, inclusive = false)
    @Max(1)
    private Double epsilon;

    /** Step size, or null. */
    public Double getLearningRate() {
        return learningRate;
    }

    public RmsProp setLearningRate(Double learningRate) {
        this.learningRate = learningRate;
        return this;
    }

    /** Decay of the mean of squared gradients, or null. */
    public Double getDecay() {
        return decay;
    }

    public RmsProp setDecay(Double decay) {
        this.decay = decay;
        return this;
    }

    /** Guard against division by zero, or null. */
    public Double getEpsilon() {
        return epsilon;
    }

    public RmsProp setEpsilon(Double epsilon) {
        this.epsilon = epsilon;
        return this;
    }
}
