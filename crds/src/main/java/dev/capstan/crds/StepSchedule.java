package dev.capstan.crds;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;

/** The learning rate falls by a factor every some epochs. */
public class StepSchedule extends Block {
    @JsonPropertyDescription(
            "everyEpochs is the number of epochs after which the learning rate is multiplied by the factor again.")
    @Required
    @Min(1)
    @Max(100000)
    private Integer everyEpochs;

    @JsonPropertyDescription("factor is what the learning rate is multiplied by, above 0 and at most 1.")
    @Required
    @Min(value = 0, inclusive = false)
    @Max(1)
    private Double factor;

    /** Epochs between two falls. */
    public Integer getEveryEpochs() {
        return everyEpochs;
    }

    public StepSchedule setEveryEpochs(Integer everyEpochs) {
        this.everyEpochs = everyEpochs;
        return this;
    }

    /** What the learning rate is multiplied by. */
    public Double getFactor() {
        return factor;
    }

    public StepSchedule setFactor(Double factor) {
        this.factor = factor;
        return this;
    }
}
