package dev.capstan.crds;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Size;

/** How much of a job's time has led to the state that it is in. */
public class Goodput extends Block {
    @JsonPropertyDescription("ratio is productiveSeconds divided by wallSeconds: a decimal, written as a string.")
    @Size(max = 32)
    private String ratio;

    @JsonPropertyDescription("summary is ratio for people, as in 93%.")
    @Size(max = 32)
    private String summary;

    @JsonPropertyDescription(
            "productiveSeconds is the time of the steps and measures that led to the present state, in whichever attempt: a decimal, written as a string. Lost steps are not in it, nor any wait.")
    @Size(max = 32)
    private String productiveSeconds;

    @JsonPropertyDescription(
            "wallSeconds is the time since places were first granted, without suspensions: a decimal, written as a string.")
    @Size(max = 32)
    private String wallSeconds;

    @JsonPropertyDescription("earlierSeconds is how much of wallSeconds was before the job was last suspended.")
    @Size(max = 32)
    private String earlierSeconds;

    @JsonPropertyDescription(
            "lostSteps is how many steps were lost, because an attempt went on from an older checkpoint, by what the workers had told.")
    @Min(0)
    @Max(Bounds.MAX_SAFE_INTEGER)
    private Long lostSteps;

    @JsonPropertyDescription("attempt is the one of which the workers told last.")
    @Min(0)
    @Max(1000000)
    private Integer attempt;

    @JsonPropertyDescription("step is the last one of which they told then.")
    @Min(0)
    @Max(Bounds.MAX_SAFE_INTEGER)
    private Long step;

    /** Share of the time that was productive, or null. */
    public String getRatio() {
        return ratio;
    }

    public Goodput setRatio(String ratio) {
        this.ratio = ratio;
        return this;
    }

    /** The same for a printer column. */
    public String getSummary() {
        return summary;
    }

    public Goodput setSummary(String summary) {
        this.summary = summary;
        return this;
    }

    /** Time in steps that count. */
    public String getProductiveSeconds() {
        return productiveSeconds;
    }

    public Goodput setProductiveSeconds(String productiveSeconds) {
        this.productiveSeconds = productiveSeconds;
        return this;
    }

    /** All of the time. */
    public String getWallSeconds() {
        return wallSeconds;
    }

    public Goodput setWallSeconds(String wallSeconds) {
        this.wallSeconds = wallSeconds;
        return this;
    }

    /** Time before the last suspension, or null. */
    public String getEarlierSeconds() {
        return earlierSeconds;
    }

    public Goodput setEarlierSeconds(String earlierSeconds) {
        this.earlierSeconds = earlierSeconds;
        return this;
    }

    /** Steps that were lost. */
    public Long getLostSteps() {
        return lostSteps;
    }

    public Goodput setLostSteps(Long lostSteps) {
        this.lostSteps = lostSteps;
        return this;
    }

    /** The attempt that was heard of last. */
    public Integer getAttempt() {
        return attempt;
    }

    public Goodput setAttempt(Integer attempt) {
        this.attempt = attempt;
        return this;
    }

    /** The step that was heard of last. */
    public Long getStep() {
        return step;
    }

    public Goodput setStep(Long step) {
        this.step = step;
        return this;
    }
}
