package dev.capstan.crds.training;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.capstan.crds.Block;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;

/** Batch normalization, by Ioffe and Szegedy. What is null takes its default, see {@link TrainingDefaults}. */
public class BatchNormalizationLayer extends Block {
    @JsonPropertyDescription(
            "decay is the share of the running statistics that is kept at each step, from 0 to less than 1. Default: "
                    + TrainingDefaults.BATCH_NORMALIZATION_DECAY + ".")
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

    /** Added to the variance, or null. */
    public Double getEpsilon() {
        return epsilon;
    }

    public BatchNormalizationLayer setEpsilon(Double epsilon) {
        this.epsilon = epsilon;
        return this;
    }
}
