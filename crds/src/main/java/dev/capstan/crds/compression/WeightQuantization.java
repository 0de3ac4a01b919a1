package dev.capstan.crds.compression;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.capstan.crds.Block;
import io.fabric8.generator.annotation.ValidationRule;

/** How weights are laid out over the integers, int8 either way. */
@ValidationRule(
        value =
                "!(has(self.scheme) && self.scheme == 'Asymmetric') || has(self.granularity) && self.granularity == 'Tensor'",
        message =
                "weights with scheme: Asymmetric need granularity: Tensor, for a convolution takes one zero point for all channels: set that, or scheme: Symmetric",
        fieldPath = ".scheme")
public class WeightQuantization extends Block {
    @JsonPropertyDescription(
            "scheme says where 0 lies. Symmetric: in the middle. Asymmetric: wherever the range puts it; only with granularity Tensor. Default: Symmetric.")
    private Scheme scheme;

    @JsonPropertyDescription(
            "granularity is what shares a scale (Krishnamoorthi 2018, arXiv:1806.08342). Tensor: all weights of a layer. Channel: those of one output channel or neuron. Default: Channel.")
    private WeightGranularity granularity;

    @JsonPropertyDescription(
            "range is how many of the values of int8 are used. Full: -127 to 127, for CPUs with VNNI, for Arm and for GPUs. Reduced: -64 to 64, right on every CPU; without VNNI, sums of full ones saturate. Auto: what the CPU of the worker needs, so that the digest depends on it. Default: Auto.")
    private WeightRange range;

    /** Where 0 lies, or null. */
    public Scheme getScheme() {
        return scheme;
    }

    public WeightQuantization setScheme(Scheme scheme) {
        this.scheme = scheme;
        return this;
    }

    /** Where 0 lies. */
    public Scheme scheme() {
        return scheme == null ? Scheme.SYMMETRIC : scheme;
    }

    /** What shares a scale, or null. */
    public WeightGranularity getGranularity() {
        return granularity;
    }

    public WeightQuantization setGranularity(WeightGranularity granularity) {
        this.granularity = granularity;
        return this;
    }

    /** What shares a scale. */
    public WeightGranularity granularity() {
        return granularity == null ? WeightGranularity.CHANNEL : granularity;
    }

    /** How many values are used, or null. */
    public WeightRange getRange() {
        return range;
    }

    public WeightQuantization setRange(WeightRange range) {
        this.range = range;
        return this;
    }

    /** How many of the values of int8 are used. */
    public WeightRange range() {
        return range == null ? WeightRange.AUTO : range;
    }
}
