package dev.capstan.crds.training;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.capstan.crds.Block;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;

/** Dropout, by Srivastava et al. */
public class DropoutLayer extends Block {
    @JsonPropertyDescription("rate is the share of the values that is dropped while training, above 0 and less than 1.")
    @Required
    @Min(value = 0, inclusive = false)
    @Max(value = 1, inclusive = false)
    private Double rate;

    /** Share that is dropped. */
    public Double getRate() {
        return rate;
    }

    public DropoutLayer setRate(Double rate) {
        this.rate = rate;
        return this;
    }
}
