package dev.capstan.crds;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Size;
import java.util.List;

/** How far the training is. */
public class Progress extends Block {
    /** Longest text of a problem. */
    public static final int MAX_PROBLEM = 1024;
    /** Most epochs in the history. */
    public static final int MAX_HISTORY = 10;
    /** Longest text about a straggler. */
    public static final int MAX_STRAGGLER = 256;
    /** Longest text about an engine. */
    public static final int MAX_ENGINE = 256;
    /** Longest name of a device. */
    public static final int MAX_DEVICE = 128;

    @JsonPropertyDescription("epoch is the current pass over the training data, counted from 1; 0 before training.")
    @Min(0)
    @Max(100000)
    private Integer epoch;

    @JsonPropertyDescription("epochs is the number of passes in all.")
    @Min(0)
    @Max(100000)
    private Integer epochs;

    @JsonPropertyDescription("step is the number of steps done since the start of the training.")
    @Min(0)
    @Max(Bounds.MAX_SAFE_INTEGER)
    private Long step;

    @JsonPropertyDescription("steps is the number of steps in all.")
    @Min(0)
    @Max(Bounds.MAX_SAFE_INTEGER)
    private Long steps;

    @JsonPropertyDescription("percent is the share of the steps that is done, rounded down.")
    @Min(0)
    @Max(100)
    private Integer percent;

    @JsonPropertyDescription("summary is percent for people, as in 43%.")
    @Size(max = 32)
    private String summary;

    @JsonPropertyDescription(
            "loss is the mean loss a sample over the steps since the last report: a decimal, written as a string.")
    @Size(max = 32)
    private String loss;

    @JsonPropertyDescription("samplesPerSecond is the speed of all workers together over the last seconds.")
    @Min(0)
    @Max(Bounds.MAX_SAFE_INTEGER)
    private Long samplesPerSecond;

    @JsonPropertyDescription(
            "estimatedSecondsRemaining is the time to the end of the training at the present speed, in seconds; absent while unknown.")
    @Min(0)
    @Max(Bounds.MAX_SAFE_INTEGER)
    private Long estimatedSecondsRemaining;

    @JsonPropertyDescription(
            "checkpointProblem is why the last try at a checkpoint failed; absent if it did not. The training goes on.")
    @Size(max = MAX_PROBLEM)
    private String checkpointProblem;

    @JsonPropertyDescription(
            "straggler is the worker that computes at least 1.5 times as long as the others, which wait for it; absent if there is none.")
    @Size(max = MAX_STRAGGLER)
    private String straggler;

    @JsonPropertyDescription(
            "engine is what computes the steps, and why: the versions of all that rounds, and a reason. Absent before training.")
    @Size(max = MAX_ENGINE)
    private String engine;

    @JsonPropertyDescription("device is what computes: cpu, or a GPU and its name. Absent while unknown.")
    @Size(max = MAX_DEVICE)
    private String device;

    @JsonPropertyDescription("history has what the last epochs came to, at most 10, in their order.")
    @Size(max = MAX_HISTORY)
    private List<EpochProgress> history;

    @JsonPropertyDescription("updatedTime is when the workers reported this.")
    private String updatedTime;

    /** Current epoch, from 1. */
    public Integer getEpoch() {
        return epoch;
    }

    public Progress setEpoch(Integer epoch) {
        this.epoch = epoch;
        return this;
    }

    /** Epochs in all. */
    public Integer getEpochs() {
        return epochs;
    }

    public Progress setEpochs(Integer epochs) {
        this.epochs = epochs;
        return this;
    }

    /** Steps done. */
    public Long getStep() {
        return step;
    }

    public Progress setStep(Long step) {
        this.step = step;
        return this;
    }

    /** Steps in all. */
    public Long getSteps() {
        return steps;
    }

    public Progress setSteps(Long steps) {
        this.steps = steps;
        return this;
    }

    /** Share of the steps done, rounded down. */
    public Integer getPercent() {
        return percent;
    }

    public Progress setPercent(Integer percent) {
        this.percent = percent;
        return this;
    }

    /** The percentage with its sign, for a printer column. */
    public String getSummary() {
        return summary;
    }

    public Progress setSummary(String summary) {
        this.summary = summary;
        return this;
    }

    /** Mean loss a sample, a decimal as a string. */
    public String getLoss() {
        return loss;
    }

    public Progress setLoss(String loss) {
        this.loss = loss;
        return this;
    }

    /** Speed of all workers together. */
    public Long getSamplesPerSecond() {
        return samplesPerSecond;
    }

    public Progress setSamplesPerSecond(Long samplesPerSecond) {
        this.samplesPerSecond = samplesPerSecond;
        return this;
    }

    /** Seconds to the end, or null while unknown. */
    public Long getEstimatedSecondsRemaining() {
        return estimatedSecondsRemaining;
    }

    public Progress setEstimatedSecondsRemaining(Long estimatedSecondsRemaining) {
        this.estimatedSecondsRemaining = estimatedSecondsRemaining;
        return this;
    }

    /** Why the last try at a checkpoint failed, or null. */
    public String getCheckpointProblem() {
        return checkpointProblem;
    }

    public Progress setCheckpointProblem(String checkpointProblem) {
        this.checkpointProblem = checkpointProblem;
        return this;
    }

    /** The worker that all others wait for, or null. */
    public String getStraggler() {
        return straggler;
    }

    public Progress setStraggler(String straggler) {
        this.straggler = straggler;
        return this;
    }

    /** What computes the steps and why, or null. */
    public String getEngine() {
        return engine;
    }

    public Progress setEngine(String engine) {
        this.engine = engine;
        return this;
    }

    /** What computes, or null. */
    public String getDevice() {
        return device;
    }

    public Progress setDevice(String device) {
        this.device = device;
        return this;
    }

    /** What the last epochs came to, or null. */
    public List<EpochProgress> getHistory() {
        return history;
    }

    public Progress setHistory(List<EpochProgress> history) {
        this.history = history;
        return this;
    }

    /** When the workers reported this, RFC 3339. */
    public String getUpdatedTime() {
        return updatedTime;
    }

    public Progress setUpdatedTime(String updatedTime) {
        this.updatedTime = updatedTime;
        return this;
    }
}
