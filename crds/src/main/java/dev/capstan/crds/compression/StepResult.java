package dev.capstan.crds.compression;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.capstan.crds.Block;
import dev.capstan.crds.Bounds;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Size;
import java.util.List;

/** What came of a step. */
public class StepResult extends Block {
    /** Most layers that are named. */
    public static final int MAX_LEFT_OUT = 64;

    @JsonPropertyDescription("step is the number of the step, counted from 1.")
    @Min(0)
    @Max(16)
    private Integer step;

    @JsonPropertyDescription("name is the method: prune or quantize.")
    @Size(max = 63)
    private String name;

    @JsonPropertyDescription("summary is what the step did, with numbers.")
    @Size(max = 1024)
    private String summary;

    @JsonPropertyDescription("sizeBytes is the length of the file that baseline and compressed name, after the step.")
    @Min(0)
    @Max(Bounds.MAX_SAFE_INTEGER)
    private Long sizeBytes;

    @JsonPropertyDescription(
            "accuracy is the share of samples of data.train that the model gets right after the step: a decimal, written as a string.")
    @Size(max = 32)
    private String accuracy;

    @JsonPropertyDescription(
            "leftOut names layers that the step left as they were though exclude does not name them, and why.")
    @Size(max = StepResult.MAX_LEFT_OUT)
    private List<LeftOutLayer> leftOut;

    /** Number of the step, from 1. */
    public Integer getStep() {
        return step;
    }

    public StepResult setStep(Integer step) {
        this.step = step;
        return this;
    }

    /** The method. */
    public String getName() {
        return name;
    }

    public StepResult setName(String name) {
        this.name = name;
        return this;
    }

    /** What it did. */
    public String getSummary() {
        return summary;
    }

    public StepResult setSummary(String summary) {
        this.summary = summary;
        return this;
    }

    /** Length after the step. */
    public Long getSizeBytes() {
        return sizeBytes;
    }

    public StepResult setSizeBytes(Long sizeBytes) {
        this.sizeBytes = sizeBytes;
        return this;
    }

    /** Accuracy after the step, a decimal, or null. */
    public String getAccuracy() {
        return accuracy;
    }

    public StepResult setAccuracy(String accuracy) {
        this.accuracy = accuracy;
        return this;
    }

    /** Layers that it left as they were. */
    public List<LeftOutLayer> getLeftOut() {
        return leftOut;
    }

    public StepResult setLeftOut(List<LeftOutLayer> leftOut) {
        this.leftOut = leftOut;
        return this;
    }
}
