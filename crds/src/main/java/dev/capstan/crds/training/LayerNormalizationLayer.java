package dev.capstan.crds.training;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.capstan.crds.Block;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;

/** Layer normalization, by Ba, Kiros and Hinton. */
public class LayerNormalizationLayer extends Block {
    public static final double DEFAULT_EPSILON = 1e-5;

    @JsonPropertyDescription("epsilon is added to the variance, above 0. Default: 0.00001.")
    @Min(value = 0, inclusive = false)
    @Max(1)
    private Double epsilon;

    /** Added to the variance, or null. */
    public Double getEpsilon() {
        return epsilon;
    }

    public LayerNormalizationLayer setEpsilon(Double epsilon) {
        this.epsilon = epsilon;
        return this;
    }

    /** Added to the variance. */
    public double epsilon() {
        return epsilon == null ? DEFAULT_EPSILON : epsilon;
    }
}
