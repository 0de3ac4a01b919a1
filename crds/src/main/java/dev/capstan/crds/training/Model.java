package dev.capstan.crds.training;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.capstan.crds.Block;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;

/** The network to train: exactly one of its choices is set. */
@ValidationRule(value = "has(self.layers)", message = "model needs exactly one of: layers")
public class Model extends Block {
    @JsonPropertyDescription(
            "layers lists the layers of a feed-forward network, from the input to the output; the last one is an output layer, and only the last. The number of inputs follows from the data.")
    @Size(min = 1, max = 64)
    @ValidationRule(
            value = "size(self) == 0 || has(self[size(self) - 1].output)",
            message =
                    "the last of model.layers must be an output layer, such as output: {units: 10, activation: softmax, loss: mcxent}")
    @ValidationRule(
            value = "self.filter(layer, has(layer.output)).size() <= 1",
            message = "only the last of model.layers may be an output layer: make the others dense")
    private List<Layer> layers;

    /** The layers from input to output. */
    public List<Layer> getLayers() {
        return layers;
    }

    public Model setLayers(List<Layer> layers) {
        this.layers = layers;
        return this;
    }
}
