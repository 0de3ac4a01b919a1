package dev.capstan.crds.compression;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.capstan.crds.Block;
import dev.capstan.crds.Bounds;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Size;

/** What a model takes, and what it can do. */
public class Measures extends Block {
    @JsonPropertyDescription(
            "file is the file of which sizeBytes is the length; the same parts in the same format before and after.")
    @Size(max = 253)
    private String file;

    @JsonPropertyDescription("sizeBytes is the length of that file in bytes.")
    @Min(0)
    @Max(Bounds.MAX_SAFE_INTEGER)
    private Long sizeBytes;

    @JsonPropertyDescription(
            "accuracy is the share of data.test that the model gets right: a decimal, written as a string; absent without data.test.")
    @Size(max = 32)
    private String accuracy;

    @JsonPropertyDescription(
            "latencyP50Millis is the median latency of one sample in ONNX Runtime, in milliseconds: a decimal, written as a string.")
    @Size(max = 32)
    private String latencyP50Millis;

    @JsonPropertyDescription(
            "latencyP99Millis is the 99th percentile of that, in milliseconds: a decimal, written as a string.")
    @Size(max = 32)
    private String latencyP99Millis;

    @JsonPropertyDescription(
            "samplesPerSecond is the throughput in batches of batchSize: a decimal, written as a string.")
    @Size(max = 32)
    private String samplesPerSecond;

    @JsonPropertyDescription("batchSize is how many samples were in a batch for that.")
    @Min(0)
    @Max(1048576)
    private Integer batchSize;

    /** What the size is of. */
    public String getFile() {
        return file;
    }

    public Measures setFile(String file) {
        this.file = file;
        return this;
    }

    /** Length in bytes. */
    public Long getSizeBytes() {
        return sizeBytes;
    }

    public Measures setSizeBytes(Long sizeBytes) {
        this.sizeBytes = sizeBytes;
        return this;
    }

    /** Accuracy on the test data, a decimal, or null. */
    public String getAccuracy() {
        return accuracy;
    }

    public Measures setAccuracy(String accuracy) {
        this.accuracy = accuracy;
        return this;
    }

    /** Median latency of one sample, a decimal. */
    public String getLatencyP50Millis() {
        return latencyP50Millis;
    }

    public Measures setLatencyP50Millis(String latencyP50Millis) {
        this.latencyP50Millis = latencyP50Millis;
        return this;
    }

    /** 99th percentile of the latency, a decimal. */
    public String getLatencyP99Millis() {
        return latencyP99Millis;
    }

    public Measures setLatencyP99Millis(String latencyP99Millis) {
        this.latencyP99Millis = latencyP99Millis;
        return this;
    }

    /** Throughput, a decimal. */
    public String getSamplesPerSecond() {
        return samplesPerSecond;
    }

    public Measures setSamplesPerSecond(String samplesPerSecond) {
        this.samplesPerSecond = samplesPerSecond;
        return this;
    }

    /** Samples in a batch. */
    public Integer getBatchSize() {
        return batchSize;
    }

    public Measures setBatchSize(Integer batchSize) {
        this.batchSize = batchSize;
        return this;
    }
}
