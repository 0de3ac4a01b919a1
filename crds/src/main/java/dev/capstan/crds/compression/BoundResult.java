package dev.capstan.crds.compression;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.capstan.crds.Block;
import io.fabric8.generator.annotation.Size;

/** A bound, and how the result stands to it. */
public class BoundResult extends Block {
    @JsonPropertyDescription("name is the field of spec.acceptance.")
    @Size(max = 63)
    private String name;

    @JsonPropertyDescription("bound is what the job sets: a decimal, written as a string.")
    @Size(max = 32)
    private String bound;

    @JsonPropertyDescription("measured is what came out, in the same terms: a decimal, written as a string.")
    @Size(max = 32)
    private String measured;

    @JsonPropertyDescription("met says whether the result is within the bound.")
    private Boolean met;

    @JsonPropertyDescription(
            "missedBy is how far the result is beyond the bound: a decimal, written as a string; absent if it is within.")
    @Size(max = 32)
    private String missedBy;

    /** Field of the acceptance. */
    public String getName() {
        return name;
    }

    public BoundResult setName(String name) {
        this.name = name;
        return this;
    }

    /** What the job sets, a decimal. */
    public String getBound() {
        return bound;
    }

    public BoundResult setBound(String bound) {
        this.bound = bound;
        return this;
    }

    /** What came out, a decimal. */
    public String getMeasured() {
        return measured;
    }

    public BoundResult setMeasured(String measured) {
        this.measured = measured;
        return this;
    }

    /** Whether the result is within the bound. */
    public Boolean getMet() {
        return met;
    }

    public BoundResult setMet(Boolean met) {
        this.met = met;
        return this;
    }

    /** How far beyond the bound, a decimal, or null. */
    public String getMissedBy() {
        return missedBy;
    }

    public BoundResult setMissedBy(String missedBy) {
        this.missedBy = missedBy;
        return this;
    }
}
