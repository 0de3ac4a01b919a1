package dev.capstan.crds.compression;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.capstan.crds.Block;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;

/** What is taken away, and how much of it. */
@ValidationRule(
        value = "has(self.sparsityPercent) || has(self.granularity) && self.granularity == 'TwoOfFour'",
        message = "prune needs sparsityPercent, such as sparsityPercent: 50: how much of the model goes",
        fieldPath = ".sparsityPercent")
@ValidationRule(
        value = "!(has(self.granularity) && self.granularity == 'TwoOfFour') || !has(self.sparsityPercent)",
        message =
                "prune.sparsityPercent is no choice with granularity: TwoOfFour, which takes half: remove sparsityPercent",
        fieldPath = ".sparsityPercent")
@ValidationRule(
        value = "!(has(self.granularity) && self.granularity == 'TwoOfFour') || !has(self.scope)",
        message =
                "prune.scope is no choice with granularity: TwoOfFour, which looks at four weights at a time: remove scope",
        fieldPath = ".scope")
public class Prune extends Block {
    @JsonPropertyDescription(
            "granularity is what is taken away as a whole. Weight: single weights, which become 0; the model computes as much as before, and is smaller where zeros are stored compactly (Han et al. 2015, arXiv:1506.02626). TwoOfFour: two of each four successive weights, for sparse tensor cores (Mishra et al. 2021, arXiv:2104.08378). Unit: neurons, channels, LSTM units and numbers of word vectors; the network really becomes smaller (Li et al. 2017, arXiv:1608.08710). Default: Weight.")
    private PruneGranularity granularity;

    @JsonPropertyDescription(
            "method is the magnitude by which units are compared. L1: the sum of absolute values. L2: the square root of the sum of squares. Of a single weight both are the absolute value. Default: L1.")
    private PruneMethod method;

    @JsonPropertyDescription(
            "sparsityPercent is the share of weights or units that goes, in percent. Required, but for TwoOfFour, which takes half. Default: none.")
    @Min(1)
    @Max(99)
    private Integer sparsityPercent;

    @JsonPropertyDescription(
            "scope is over what magnitudes are compared. Layer: each layer loses the same share of its own. Global: all layers together lose it, some more than others. Not with TwoOfFour. Default: Layer.")
    private PruneScope scope;

    @JsonPropertyDescription(
            "exclude names layers that stay whole, as status.compression.sensitivity names them. Default: none.")
    @Size(max = 64)
    private List<String> exclude;

    @JsonPropertyDescription(
            "fineTune trains what is left, by all workers together; what was taken away stays away. Needs data.train. Default: the model stays as it was pruned.")
    private FineTune fineTune;

    /** What is taken away as a whole, or null. */
    public PruneGranularity getGranularity() {
        return granularity;
    }

    public Prune setGranularity(PruneGranularity granularity) {
        this.granularity = granularity;
        return this;
    }

    /** What is taken away as a whole. */
    public PruneGranularity granularity() {
        return granularity == null ? PruneGranularity.WEIGHT : granularity;
    }

    /** The magnitude, or null. */
    public PruneMethod getMethod() {
        return method;
    }

    public Prune setMethod(PruneMethod method) {
        this.method = method;
        return this;
    }

    /** The magnitude by which units are compared. */
    public PruneMethod method() {
        return method == null ? PruneMethod.L1 : method;
    }

    /** Share that goes, or null. */
    public Integer getSparsityPercent() {
        return sparsityPercent;
    }

    public Prune setSparsityPercent(Integer sparsityPercent) {
        this.sparsityPercent = sparsityPercent;
        return this;
    }

    /** Over what magnitudes are compared, or null. */
    public PruneScope getScope() {
        return scope;
    }

    public Prune setScope(PruneScope scope) {
        this.scope = scope;
        return this;
    }

    /** Over what magnitudes are compared. */
    public PruneScope scope() {
        return scope == null ? PruneScope.LAYER : scope;
    }

    /** Layers that stay as they are, or null. */
    public List<String> getExclude() {
        return exclude;
    }

    public Prune setExclude(List<String> exclude) {
        this.exclude = exclude;
        return this;
    }

    /** Names of layers that stay as they are. */
    public List<String> exclude() {
        return exclude == null ? List.of() : exclude;
    }

    /** How what is left is trained, or null. */
    public FineTune getFineTune() {
        return fineTune;
    }

    public Prune setFineTune(FineTune fineTune) {
        this.fineTune = fineTune;
        return this;
    }
}
