package dev.capstan.crds.compression;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.capstan.crds.Block;
import io.fabric8.generator.annotation.ValidationRule;

/** One thing that is done to the model: exactly one of its choices is set. */
@ValidationRule(
        value = "[has(self.prune), has(self.quantize)].exists_one(set, set)",
        message = "each of steps needs exactly one of: prune, quantize")
public class Step extends Block {
    @JsonPropertyDescription("prune takes weights away, those of the smallest magnitude.")
    private Prune prune;

    @JsonPropertyDescription(
            "quantize turns weights and activations into integers of 8 bits. An empty object takes all of its defaults.")
    private Quantize quantize;

    /** Takes weights away, or null. */
    public Prune getPrune() {
        return prune;
    }

    public Step setPrune(Prune prune) {
        this.prune = prune;
        return this;
    }

    /** Turns numbers into integers, or null. */
    public Quantize getQuantize() {
        return quantize;
    }

    public Step setQuantize(Quantize quantize) {
        this.quantize = quantize;
        return this;
    }
}
