package dev.capstan.crds.training;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.capstan.crds.Block;
import io.fabric8.generator.annotation.Required;

/** The largest or mean value over all of height and width, or over all of time. */
public class GlobalPoolingLayer extends Block {
    @JsonPropertyDescription("type says which value stands for all. max: the largest. average: the mean.")
    @Required
    private PoolingType type;

    /** Which value stands for all. */
    public PoolingType getType() {
        return type;
    }

    public GlobalPoolingLayer setType(PoolingType type) {
        this.type = type;
        return this;
    }
}
