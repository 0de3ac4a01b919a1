package dev.capstan.crds.training;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.capstan.crds.Block;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;

/** Batch normalization, by Ioffe and Szegedy. */
public class BatchNormalizationLayer extends Block {
    public static final double DEFAULT_DECAY = 0.9;
    public static final double DEFAULT_EPSILON = 1e-5;

    @JsonPropertyDescription(
            "decay is the share of the running statistics that is kept at each step, from 0 to less than 1. Default: "
                    + DEFAULT_DECAY + ".")
    @Min(0)
    @Max(value = 1, inclusive = false)
    private Double decay;

    @JsonPropertyDescription("epsilon is added to the variance, above 0. Default: 0.00001.")
    @Min(value = 0, inclusive = false)
    @Max(1)
    private Double epsilon;

    /** Share of the running statistics that is kept, or null. */
    public Double getDecay() {
        return decay;
    }

    public BatchNormalizationLayer setDecay(Double decay) {
        this.decay = decay;
        return this;
    }

    /** Share of the running statistics that is kept. */
    public double decay() {
        return decay == null ? DEFAULT_DECAY : decay;
    }

    /** Added to the variance, or null. */
    public Double getEpsilon() {
        return epsilon;
    }

    public BatchNormalizationLayer setEpsilon(Double epsilon) {
        this.epsilon = epsilon;
        return this;
    }

    /** Added to the variance. */
    public double epsilon() {
        return epsilon == null ? DEFAULT_EPSILON : epsilon;
    }
}
