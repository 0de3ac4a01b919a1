package dev.capstan.crds.training;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.capstan.crds.Block;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import java.util.List;

/** Layers whose output is added to what they get, by He et al. */
public class ResidualLayer extends Block {
    @JsonPropertyDescription(
            "layers lists the block's layers, from its input to its output, which has the input's shape: the two are added.")
    @Required
    @Size(min = 1, max = 16)
    private List<BlockLayer> layers;

    /** The block's layers from input to output. */
    public List<BlockLayer> getLayers() {
        return layers;
    }

    public ResidualLayer setLayers(List<BlockLayer> layers) {
        this.layers = layers;
        return this;
    }
}
