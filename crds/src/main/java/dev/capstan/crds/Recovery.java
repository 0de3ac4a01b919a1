package dev.capstan.crds;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Size;
import java.util.Map;

/** What a job's lost workers have cost, where the others could go on. */
public class Recovery extends Block {
    @JsonPropertyDescription(
            "restarts is how many workers were replaced while the others kept their state. They don't count as restarts of the job.")
    @Min(0)
    @Max(1000000)
    private Integer restarts;

    @JsonPropertyDescription(
            "restartsByCause is the same by what took the worker away: Deleted, Evicted, Killed, NodeLost, Unreachable.")
    private Map<String, @Min(0) @Max(1000000) Integer> restartsByCause;

    @JsonPropertyDescription(
            "recoveries is how many times the workers went on together after a loss; two workers that are lost at once are one.")
    @Min(0)
    @Max(1000000)
    private Integer recoveries;

    @JsonPropertyDescription(
            "lastSeconds is how long the last recovery took, in seconds: from the loss, as the operator heard of it, to the moment when the workers were seen at work again.")
    @Size(max = 32)
    private String lastSeconds;

    @JsonPropertyDescription("lastStep is the step from which the workers went on then.")
    @Min(0)
    @Max(Bounds.MAX_SAFE_INTEGER)
    private Long lastStep;

    @JsonPropertyDescription("totalSeconds is how long all recoveries together took, in seconds.")
    @Size(max = 32)
    private String totalSeconds;

    /** Workers that were replaced while the others kept their state. */
    public Integer getRestarts() {
        return restarts;
    }

    public Recovery setRestarts(Integer restarts) {
        this.restarts = restarts;
        return this;
    }

    /** The same by what took the worker away. */
    public Map<String, Integer> getRestartsByCause() {
        return restartsByCause;
    }

    public Recovery setRestartsByCause(Map<String, Integer> restartsByCause) {
        this.restartsByCause = restartsByCause;
        return this;
    }

    /** How many times the workers went on together. */
    public Integer getRecoveries() {
        return recoveries;
    }

    public Recovery setRecoveries(Integer recoveries) {
        this.recoveries = recoveries;
        return this;
    }

    /** How long the last recovery took, in seconds. */
    public String getLastSeconds() {
        return lastSeconds;
    }

    public Recovery setLastSeconds(String lastSeconds) {
        this.lastSeconds = lastSeconds;
        return this;
    }

    /** The step from which they went on. */
    public Long getLastStep() {
        return lastStep;
    }

    public Recovery setLastStep(Long lastStep) {
        this.lastStep = lastStep;
        return this;
    }

    /** How long all recoveries together took, in seconds. */
    public String getTotalSeconds() {
        return totalSeconds;
    }

    public Recovery setTotalSeconds(String totalSeconds) {
        this.totalSeconds = totalSeconds;
        return this;
    }
}
