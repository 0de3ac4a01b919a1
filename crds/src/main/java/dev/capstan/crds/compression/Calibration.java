package dev.capstan.crds.compression;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.capstan.crds.Block;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.ValidationRule;

/** How the ranges of activations follow from samples of the training data. */
@ValidationRule(
        value = "!has(self.percentile) || has(self.method) && self.method == 'Percentile'",
        message = "calibration.percentile is for method: Percentile: set that method, or remove percentile",
        fieldPath = ".percentile")
public class Calibration extends Block {
    public static final double DEFAULT_PERCENTILE = 99.99;
    public static final int DEFAULT_SAMPLES = 512;

    @JsonPropertyDescription(
            "method is how a range follows from the values that were seen. MinMax: from the least to the greatest. Percentile: what covers a share of the absolute values (Wu et al. 2020, arXiv:2004.09602). Entropy: what keeps most of the distribution (Migacz 2017). Default: MinMax.")
    private CalibrationMethod method;

    @JsonPropertyDescription(
            "percentile is the share of the absolute values that is covered, in percent, above 50 to 100; only with method Percentile. Default: "
                    + DEFAULT_PERCENTILE + ".")
    @Min(value = 50, inclusive = false)
    @Max(100)
    private Double percentile;

    @JsonPropertyDescription(
            "samples is how many samples of data.train are looked at, drawn from all over it and the same ones each time; all if there are fewer. Default: "
                    + DEFAULT_SAMPLES + ".")
    @Min(1)
    @Max(100000)
    private Integer samples;

    /** How a range follows from values, or null. */
    public CalibrationMethod getMethod() {
        return method;
    }

    public Calibration setMethod(CalibrationMethod method) {
        this.method = method;
        return this;
    }

    /** How a range follows from values. */
    public CalibrationMethod method() {
        return method == null ? CalibrationMethod.MIN_MAX : method;
    }

    /** Share of values that is covered, or null. */
    public Double getPercentile() {
        return percentile;
    }

    public Calibration setPercentile(Double percentile) {
        this.percentile = percentile;
        return this;
    }

    /** Share of the absolute values that is covered, in percent. */
    public double percentile() {
        return percentile == null ? DEFAULT_PERCENTILE : percentile;
    }

    /** Samples that are looked at, or null. */
    public Integer getSamples() {
        return samples;
    }

    public Calibration setSamples(Integer samples) {
        this.samples = samples;
        return this;
    }

    /** Samples that are looked at. */
    public int samples() {
        return samples == null ? DEFAULT_SAMPLES : samples;
    }
}
