package dev.capstan.crds;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;

/** RMSProp, by Hinton. */
public class RmsProp extends Block {
    public static final double DEFAULT_LEARNING_RATE = 0.001;
    public static final double DEFAULT_DECAY = 0.9;
    public static final double DEFAULT_EPSILON = 1e-8;

    @JsonPropertyDescription("learningRate is the step size, above 0. Default: " + DEFAULT_LEARNING_RATE + ".")
    @Min(value = 0, inclusive = false)
    @Max(1000)
    private Double learningRate;

    @JsonPropertyDescription("decay is the decay of the mean of squared gradients, from 0 to less than 1. Default: "
            + DEFAULT_DECAY + ".")
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

    /** Step size. */
    public double learningRate() {
        return learningRate == null ? DEFAULT_LEARNING_RATE : learningRate;
    }

    /** Decay of the mean of squared gradients, or null. */
    public Double getDecay() {
        return decay;
    }

    public RmsProp setDecay(Double decay) {
        this.decay = decay;
        return this;
    }

    /** Decay of the mean of squared gradients. */
    public double decay() {
        return decay == null ? DEFAULT_DECAY : decay;
    }

    /** Guard against division by zero, or null. */
    public Double getEpsilon() {
        return epsilon;
    }

    public RmsProp setEpsilon(Double epsilon) {
        this.epsilon = epsilon;
        return this;
    }

    /** Guard against division by zero. */
    public double epsilon() {
        return epsilon == null ? DEFAULT_EPSILON : epsilon;
    }
}
