package dev.capstan.crds.compression;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.capstan.crds.Block;
import dev.capstan.crds.Bounds;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Size;
import java.util.List;

/** What a compression has found out so far. */
public class CompressionResult extends Block {
    /** Most rows about layers. */
    public static final int MAX_LAYERS = 128;

    @JsonPropertyDescription(
            "ratio is how many times smaller the result is than the model as it came, by the files that baseline and compressed name: a decimal, written as a string.")
    @Size(max = 32)
    private String ratio;

    @JsonPropertyDescription(
            "drop is by how much the result is less accurate on data.test, such as 0.0120 for 1.2 points; below 0 if it is more accurate: a decimal, written as a string.")
    @Size(max = 32)
    private String drop;

    @JsonPropertyDescription(
            "latencyRatio is the median latency of the result for one sample, divided by that of the model as it came: a decimal, written as a string.")
    @Size(max = 32)
    private String latencyRatio;

    @JsonPropertyDescription("bounds has each bound of spec.acceptance, and how the result stands to it.")
    @Size(max = 8)
    private List<BoundResult> bounds;

    @JsonPropertyDescription("baseline is the model as it came.")
    private Measures baseline;

    @JsonPropertyDescription("compressed is the result, be it accepted or not.")
    private Measures compressed;

    @JsonPropertyDescription("calibrationSamples is by how many samples the ranges of activations were found.")
    @Min(0)
    @Max(Bounds.MAX_SAFE_INTEGER)
    private Long calibrationSamples;

    @JsonPropertyDescription("steps has a row for each step that is done.")
    @Size(max = 16)
    private List<StepResult> steps;

    @JsonPropertyDescription(
            "sensitivity has what steps cost if they are done to one layer alone, the most sensitive first where there are more than "
                    + MAX_LAYERS + ".")
    @Size(max = CompressionResult.MAX_LAYERS)
    private List<LayerSensitivity> sensitivity;

    /** How many times smaller, a decimal. */
    public String getRatio() {
        return ratio;
    }

    public CompressionResult setRatio(String ratio) {
        this.ratio = ratio;
        return this;
    }

    /** Accuracy lost, a decimal. */
    public String getDrop() {
        return drop;
    }

    public CompressionResult setDrop(String drop) {
        this.drop = drop;
        return this;
    }

    /** Median latency in relation to the baseline, a decimal. */
    public String getLatencyRatio() {
        return latencyRatio;
    }

    public CompressionResult setLatencyRatio(String latencyRatio) {
        this.latencyRatio = latencyRatio;
        return this;
    }

    /** Each bound and how the result stands to it. */
    public List<BoundResult> getBounds() {
        return bounds;
    }

    public CompressionResult setBounds(List<BoundResult> bounds) {
        this.bounds = bounds;
        return this;
    }

    /** The model as it came, or null. */
    public Measures getBaseline() {
        return baseline;
    }

    public CompressionResult setBaseline(Measures baseline) {
        this.baseline = baseline;
        return this;
    }

    /** The result, or null. */
    public Measures getCompressed() {
        return compressed;
    }

    public CompressionResult setCompressed(Measures compressed) {
        this.compressed = compressed;
        return this;
    }

    /** Samples by which ranges were found. */
    public Long getCalibrationSamples() {
        return calibrationSamples;
    }

    public CompressionResult setCalibrationSamples(Long calibrationSamples) {
        this.calibrationSamples = calibrationSamples;
        return this;
    }

    /** A row for each step that is done. */
    public List<StepResult> getSteps() {
        return steps;
    }

    public CompressionResult setSteps(List<StepResult> steps) {
        this.steps = steps;
        return this;
    }

    /** What single layers cost. */
    public List<LayerSensitivity> getSensitivity() {
        return sensitivity;
    }

    public CompressionResult setSensitivity(List<LayerSensitivity> sensitivity) {
        this.sensitivity = sensitivity;
        return this;
    }
}
