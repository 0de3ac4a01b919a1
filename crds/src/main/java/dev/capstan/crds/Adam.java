package dev.capstan.crds;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;

/** Adam, by Kingma and Ba. */
public class Adam extends Block {
    public static final double DEFAULT_LEARNING_RATE = 0.001;
    public static final double DEFAULT_BETA1 = 0.9;
    public static final double DEFAULT_BETA2 = 0.999;
    public static final double DEFAULT_EPSILON = 1e-8;

    @JsonPropertyDescription("learningRate is the step size, above 0. Default: " + DEFAULT_LEARNING_RATE + ".")
    @Min(value = 0, inclusive = false)
    @Max(1000)
    private Double learningRate;

    @JsonPropertyDescription(
            "beta1 is the decay of the first moment, from 0 to less than 1. Default: " + DEFAULT_BETA1 + ".")
    @Min(0)
    @Max(value = 1, inclusive = false)
    private Double beta1;

    @JsonPropertyDescription(
            "beta2 is the decay of the second moment, from 0 to less than 1. Default: " + DEFAULT_BETA2 + ".")
    @Min(0)
    @Max(value = 1, inclusive = false)
    private Double beta2;

    @JsonPropertyDescription("epsilon guards against division by zero, above 0. Default: 1e-8.")
    @Min(value = 0, inclusive = false)
    @Max(1)
    private Double epsilon;

    /** Step size, or null. */
    public Double getLearningRate() {
        return learningRate;
    }

    public Adam setLearningRate(Double learningRate) {
        this.learningRate = learningRate;
        return this;
    }

    /** Step size. */
    public double learningRate() {
        return learningRate == null ? DEFAULT_LEARNING_RATE : learningRate;
    }

    /** Decay of the first moment, or null. */
    public Double getBeta1() {
        return beta1;
    }

    public Adam setBeta1(Double beta1) {
        this.beta1 = beta1;
        return this;
    }

    /** Decay of the first moment. */
    public double beta1() {
        return beta1 == null ? DEFAULT_BETA1 : beta1;
    }

    /** Decay of the second moment, or null. */
    public Double getBeta2() {
        return beta2;
    }

    public Adam setBeta2(Double beta2) {
        this.beta2 = beta2;
        return this;
    }

    /** Decay of the second moment. */
    public double beta2() {
        return beta2 == null ? DEFAULT_BETA2 : beta2;
    }

    /** Guard against division by zero, or null. */
    public Double getEpsilon() {
        return epsilon;
    }

    public Adam setEpsilon(Double epsilon) {
        this.epsilon = epsilon;
        return this;
    }

    /** Guard against division by zero. */
    public double epsilon() {
        return epsilon == null ? DEFAULT_EPSILON : epsilon;
    }
}
