package dev.capstan.crds;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;

/** AdaGrad, by Duchi, Hazan and Singer. */
public class AdaGrad extends Block {
    public static final double DEFAULT_LEARNING_RATE = 0.01;
    public static final double DEFAULT_EPSILON = 1e-8;

    @JsonPropertyDescription("learningRate is the step size, above 0. Default: " + DEFAULT_LEARNING_RATE + ".")
    @Min(value = 0, inclusive = false)
    @Max(1000)
    private Double learningRate;

    @JsonPropertyDescription("epsilon guards against division by zero, above 0. Default: 1e-8.")
    @Min(value = 0, inclusive = false)
    @Max(1)
    private Double epsilon;

    /** Step size, or null. */
    public Double getLearningRate() {
        return learningRate;
    }

    public AdaGrad setLearningRate(Double learningRate) {
        this.learningRate = learningRate;
        return this;
    }

    /** Step size. */
    public double learningRate() {
        return learningRate == null ? DEFAULT_LEARNING_RATE : learningRate;
    }

    /** Guard against division by zero, or null. */
    public Double getEpsilon() {
        return epsilon;
    }

    public AdaGrad setEpsilon(Double epsilon) {
        this.epsilon = epsilon;
        return this;
    }

    /** Guard against division by zero. */
    public double epsilon() {
        return epsilon == null ? DEFAULT_EPSILON : epsilon;
    }
}
