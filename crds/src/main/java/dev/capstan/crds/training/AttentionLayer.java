package dev.capstan.crds.training;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.capstan.crds.Block;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;

/** Multi-head self-attention, by Vaswani et al. */
public class AttentionLayer extends Block {
    @JsonPropertyDescription(
            "heads is the number of heads, which share the numbers of a vector equally: it divides the units of the layer before.")
    @Required
    @Min(1)
    @Max(1024)
    private Integer heads;

    /** Number of heads. */
    public Integer getHeads() {
        return heads;
    }

    public AttentionLayer setHeads(Integer heads) {
        this.heads = heads;
        return this;
    }
}
