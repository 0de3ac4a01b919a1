package dev.capstan.crds.compression;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.capstan.crds.Block;
import io.fabric8.generator.annotation.Required;

/** The model to compress. */
public class CompressionModel extends Block {
    @JsonPropertyDescription("from is the model to go on from: exactly one of uri, trainingJobRef, compressionJobRef.")
    @Required
    private ModelFrom from;

    /** Where it comes from. */
    public ModelFrom getFrom() {
        return from;
    }

    public CompressionModel setFrom(ModelFrom from) {
        this.from = from;
        return this;
    }
}
