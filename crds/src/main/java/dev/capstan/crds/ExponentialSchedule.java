package dev.capstan.crds;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;

/** The learning rate falls by a factor every epoch. */
public class ExponentialSchedule extends Block {
    @JsonPropertyDescription(
            "factor is what the learning rate is multiplied by after each epoch, above 0 and at most 1.")
    @Required
    @Min(value = 0, inclusive = false)
    @Max(1)
    private Double factor;

    /** What the learning rate is multiplied by. */
    public Double getFactor() {
        return factor;
    }

    public ExponentialSchedule setFactor(Double factor) {
        this.factor = factor;
        return this;
    }
}
