package dev.capstan.crds.training;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.capstan.crds.Block;
import io.fabric8.generator.annotation.ValidationRule;

/** One layer: exactly one of its choices is set. */
@ValidationRule(
        value = "[has(self.dense), has(self.output)].exists_one(set, set)",
        message = "a layer needs exactly one of: dense, output")
public class Layer extends Block {
    @JsonPropertyDescription("dense is a fully connected layer.")
    private DenseLayer dense;

    @JsonPropertyDescription("output is the fully connected last layer, with a loss.")
    private OutputLayer output;

    /** A fully connected layer, or null. */
    public DenseLayer getDense() {
        return dense;
    }

    public Layer setDense(DenseLayer dense) {
        this.dense = dense;
        return this;
    }

    /** The last layer, or null. */
    public OutputLayer getOutput() {
        return output;
    }

    public Layer setOutput(OutputLayer output) {
        this.output = output;
        return this;
    }
}
