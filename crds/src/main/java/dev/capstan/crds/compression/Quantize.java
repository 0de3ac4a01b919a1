package dev.capstan.crds.compression;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.capstan.crds.Block;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;
import java.util.Optional;

/** How weights and activations become integers of 8 bits (Jacob et al. 2018, arXiv:1712.05877). */
public class Quantize extends Block {
    public static final boolean DEFAULT_BIAS_CORRECTION = true;

    @JsonPropertyDescription("activations says how activations are laid out.")
    private ActivationQuantization activations;

    @JsonPropertyDescription("weights says how weights are laid out.")
    private WeightQuantization weights;

    @JsonPropertyDescription("calibration says how the ranges of activations are found.")
    private Calibration calibration;

    @JsonPropertyDescription(
            "biasCorrection says whether biases make up for the mean error of rounded weights (Nagel et al. 2019, arXiv:1906.04721). Default: "
                    + DEFAULT_BIAS_CORRECTION + ".")
    private Boolean biasCorrection;

    @JsonPropertyDescription(
            "exclude names layers that stay in float, as status.compression.sensitivity names them. Default: none.")
    @Size(max = 64)
    private List<String> exclude;

    @JsonPropertyDescription(
            "maxDrop is by how much accuracy on the calibration samples may fall by this step: a decimal as a string, such as \"0.01\" for one point. The most sensitive layers stay in float until it holds, and status.compression.steps names them. Default: all layers are quantized.")
    @Size(max = Decimal.MAX_LENGTH)
    @ValidationRule(value = Decimal.SHARE_RULE, message = "maxDrop " + Decimal.SHARE_MESSAGE)
    private String maxDrop;

    /** How activations are laid out, or null. */
    public ActivationQuantization getActivations() {
        return activations;
    }

    public Quantize setActivations(ActivationQuantization activations) {
        this.activations = activations;
        return this;
    }

    /** How activations are laid out. */
    public ActivationQuantization activations() {
        return activations == null ? new ActivationQuantization() : activations;
    }

    /** How weights are laid out, or null. */
    public WeightQuantization getWeights() {
        return weights;
    }

    public Quantize setWeights(WeightQuantization weights) {
        this.weights = weights;
        return this;
    }

    /** How weights are laid out. */
    public WeightQuantization weights() {
        return weights == null ? new WeightQuantization() : weights;
    }

    /** How activations' ranges are found, or null. */
    public Calibration getCalibration() {
        return calibration;
    }

    public Quantize setCalibration(Calibration calibration) {
        this.calibration = calibration;
        return this;
    }

    /** How activations' ranges are found. */
    public Calibration calibration() {
        return calibration == null ? new Calibration() : calibration;
    }

    /** Whether biases are corrected, or null. */
    public Boolean getBiasCorrection() {
        return biasCorrection;
    }

    public Quantize setBiasCorrection(Boolean biasCorrection) {
        this.biasCorrection = biasCorrection;
        return this;
    }

    /** Whether biases make up for the mean error of rounded weights. */
    public boolean biasCorrection() {
        return biasCorrection == null ? DEFAULT_BIAS_CORRECTION : biasCorrection;
    }

    /** Layers that stay as they are, or null. */
    public List<String> getExclude() {
        return exclude;
    }

    public Quantize setExclude(List<String> exclude) {
        this.exclude = exclude;
        return this;
    }

    /** Names of layers that stay as they are. */
    public List<String> exclude() {
        return exclude == null ? List.of() : exclude;
    }

    /** Drop that the step may cost, a decimal from 0 to 1, or null. */
    public String getMaxDrop() {
        return maxDrop;
    }

    public Quantize setMaxDrop(String maxDrop) {
        this.maxDrop = maxDrop;
        return this;
    }

    /** Drop that the step may cost; empty to quantize all layers. */
    public Optional<Double> maxDrop() {
        return Decimal.of(maxDrop);
    }
}
