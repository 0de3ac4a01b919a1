package dev.capstan.crds;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.ValidationRule;

/** A bound of the mean gradient of the whole batch: exactly one of its choices is set. */
@ValidationRule(
        value = "[has(self.maxNorm), has(self.maxValue)].exists_one(set, set)",
        message = "gradientClipping needs exactly one of: maxNorm, maxValue")
public class GradientClipping extends Block {
    @JsonPropertyDescription(
            "maxNorm is the largest Euclidean norm of the whole gradient; a larger one is scaled down to it (arXiv:1211.5063).")
    @Min(value = 0, inclusive = false)
    @Max(100000)
    private Double maxNorm;

    @JsonPropertyDescription(
            "maxValue is the largest absolute value of each number of the gradient; larger ones are cut.")
    @Min(value = 0, inclusive = false)
    @Max(100000)
    private Double maxValue;

    /** Largest norm, or null. */
    public Double getMaxNorm() {
        return maxNorm;
    }

    public GradientClipping setMaxNorm(Double maxNorm) {
        this.maxNorm = maxNorm;
        return this;
    }

    /** Largest absolute value, or null. */
    public Double getMaxValue() {
        return maxValue;
    }

    public GradientClipping setMaxValue(Double maxValue) {
        this.maxValue = maxValue;
        return this;
    }
}
