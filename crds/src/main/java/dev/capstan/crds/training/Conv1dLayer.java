package dev.capstan.crds.training;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.capstan.crds.Block;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.ValidationRule;

/** Convolution over the words of a sequence. */
@ValidationRule(
        value = "self.kernelSize % 2 == 1",
        message = "the kernelSize of a conv1d must be odd: a word, and as many before it as behind it",
        fieldPath = ".kernelSize")
@ValidationRule(
        value = "self.activation != 'softmax'",
        message = "a conv1d cannot have activation: softmax; take another one, such as relu",
        fieldPath = ".activation")
public class Conv1dLayer extends Block {
    @JsonPropertyDescription("filters is the number of numbers in a vector of the output.")
    @Required
    @Min(1)
    @Max(65536)
    private Integer filters;

    @JsonPropertyDescription(
            "kernelSize is the number of words that are taken in at once, which is odd. Zeros lie around a text, so that it keeps its length.")
    @Required
    @Min(1)
    @Max(4095)
    private Integer kernelSize;

    @JsonPropertyDescription("activation is the function that the outputs go through, any but softmax.")
    @Required
    private Activation activation;

    /** Numbers in a vector of the output. */
    public Integer getFilters() {
        return filters;
    }

    public Conv1dLayer setFilters(Integer filters) {
        this.filters = filters;
        return this;
    }

    /** Words that are taken in at once. */
    public Integer getKernelSize() {
        return kernelSize;
    }

    public Conv1dLayer setKernelSize(Integer kernelSize) {
        this.kernelSize = kernelSize;
        return this;
    }

    /** Activation function. */
    public Activation getActivation() {
        return activation;
    }

    public Conv1dLayer setActivation(Activation activation) {
        this.activation = activation;
        return this;
    }
}
