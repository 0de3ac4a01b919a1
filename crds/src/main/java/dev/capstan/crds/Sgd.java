package dev.capstan.crds;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;

/** Stochastic gradient descent. */
public class Sgd extends Block {
    @JsonPropertyDescription("learningRate is the step size, above 0.")
    @Required
    @Min(value = 0, inclusive = false)
    @Max(1000)
    private Double learningRate;

    /** Step size. */
    public Double getLearningRate() {
        return learningRate;
    }

    public Sgd setLearningRate(Double learningRate) {
        this.learningRate = learningRate;
        return this;
    }
}
