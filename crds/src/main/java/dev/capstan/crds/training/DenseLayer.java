package dev.capstan.crds.training;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.capstan.crds.Block;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;

/** A fully connected layer. */
public class DenseLayer extends Block {
    @JsonPropertyDescription("units is the number of outputs of the layer.")
    @Required
    @Min(1)
    @Max(65536)
    private Integer units;

    @JsonPropertyDescription("activation is the function that the outputs go through.")
    @Required
    private Activation activation;

    /** Number of outputs. */
    public Integer getUnits() {
        return units;
    }

    public DenseLayer setUnits(Integer units) {
        this.units = units;
        return this;
    }

    /** Activation function. */
    public Activation getActivation() {
        return activation;
    }

    public DenseLayer setActivation(Activation activation) {
        this.activation = activation;
        return this;
    }
}
