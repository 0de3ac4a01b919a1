package dev.capstan.crds.training;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.capstan.crds.Block;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;

/** A vector for each word of the vocabulary. */
public class EmbeddingLayer extends Block {
    @JsonPropertyDescription("units is the number of numbers in the vector of a word.")
    @Required
    @Min(1)
    @Max(65536)
    private Integer units;

    /** Numbers in a vector. */
    public Integer getUnits() {
        return units;
    }

    public EmbeddingLayer setUnits(Integer units) {
        this.units = units;
        return this;
    }
}
