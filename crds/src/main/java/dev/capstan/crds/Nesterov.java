package dev.capstan.crds;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;

/** The accelerated gradient of Nesterov. */
public class Nesterov extends Block {
    public static final double DEFAULT_MOMENTUM = 0.9;

    @JsonPropertyDescription("learningRate is the step size, above 0.")
    @Required
    @Min(value = 0, inclusive = false)
    @Max(1000)
    private Double learningRate;

    @JsonPropertyDescription(
            "momentum is the share of the last update that is carried on, from 0 to less than 1. Default: "
                    + DEFAULT_MOMENTUM + ".")
    @Min(0)
    @Max(value = 1, inclusive = false)
    private Double momentum;

    /** Step size. */
    public Double getLearningRate() {
        return learningRate;
    }

    public Nesterov setLearningRate(Double learningRate) {
        this.learningRate = learningRate;
        return this;
    }

    /** Share of the last update, or null. */
    public Double getMomentum() {
        return momentum;
    }

    public Nesterov setMomentum(Double momentum) {
        this.momentum = momentum;
        return this;
    }

    /** Share of the last update that is carried on. */
    public double momentum() {
        return momentum == null ? DEFAULT_MOMENTUM : momentum;
    }
}
