package dev.capstan.crds.training;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.capstan.crds.Block;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.ValidationRule;

/** Long short-term memory, by Hochreiter and Schmidhuber. */
@ValidationRule(
        value = "!has(self.bidirectional) || !self.bidirectional || has(self.returnSequences) && self.returnSequences",
        message =
                "a bidirectional lstm puts out every word's: set returnSequences: true, and put a globalPooling or another lstm behind it",
        fieldPath = ".bidirectional")
public class LstmLayer extends Block {
    public static final boolean DEFAULT_RETURN_SEQUENCES = false;
    public static final boolean DEFAULT_BIDIRECTIONAL = false;

    @JsonPropertyDescription("units is the number of numbers in the state.")
    @Required
    @Min(1)
    @Max(65536)
    private Integer units;

    @JsonPropertyDescription("activation is the function that the state goes through. Default: tanh.")
    private Activation activation;

    @JsonPropertyDescription(
            "returnSequences says whether the output is that of every word, for another layer that reads sequences, or only that of the last word. Default: "
                    + DEFAULT_RETURN_SEQUENCES + ".")
    private Boolean returnSequences;

    @JsonPropertyDescription(
            "bidirectional says whether a second lstm of the same size reads each text backwards, so that the output has twice as many numbers; only with returnSequences. Default: "
                    + DEFAULT_BIDIRECTIONAL + ".")
    private Boolean bidirectional;

    /** Numbers in the state. */
    public Integer getUnits() {
        return units;
    }

    public LstmLayer setUnits(Integer units) {
        this.units = units;
        return this;
    }

    /** Activation function, or null. */
    public Activation getActivation() {
        return activation;
    }

    public LstmLayer setActivation(Activation activation) {
        this.activation = activation;
        return this;
    }

    /** Function that the state goes through. */
    public Activation activation() {
        return activation == null ? Activation.TANH : activation;
    }

    /** Whether the output is that of every word, or null. */
    public Boolean getReturnSequences() {
        return returnSequences;
    }

    public LstmLayer setReturnSequences(Boolean returnSequences) {
        this.returnSequences = returnSequences;
        return this;
    }

    /** Whether the output is that of every word. */
    public boolean returnSequences() {
        return returnSequences == null ? DEFAULT_RETURN_SEQUENCES : returnSequences;
    }

    /** Whether a second one reads each text backwards, or null. */
    public Boolean getBidirectional() {
        return bidirectional;
    }

    public LstmLayer setBidirectional(Boolean bidirectional) {
        this.bidirectional = bidirectional;
        return this;
    }

    /** Whether a second one reads each text backwards. */
    public boolean bidirectional() {
        return bidirectional == null ? DEFAULT_BIDIRECTIONAL : bidirectional;
    }
}
