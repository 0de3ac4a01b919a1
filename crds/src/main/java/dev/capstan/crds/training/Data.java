package dev.capstan.crds.training;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.capstan.crds.Block;
import dev.capstan.crds.Dataset;
import io.fabric8.generator.annotation.Required;

/** What the model learns from and is measured on. */
public class Data extends Block {
    @JsonPropertyDescription("train has the samples to learn from.")
    @Required
    private Dataset train;

    @JsonPropertyDescription(
            "test has samples that the trained model is measured on and never learns from. Default: none, and the artifact has no metrics.")
    private Dataset test;

    /** Samples to learn from. */
    public Dataset getTrain() {
        return train;
    }

    public Data setTrain(Dataset train) {
        this.train = train;
        return this;
    }

    /** Samples to measure on, or null. */
    public Dataset getTest() {
        return test;
    }

    public Data setTest(Dataset test) {
        this.test = test;
        return this;
    }
}
