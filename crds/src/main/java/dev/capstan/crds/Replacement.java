package dev.capstan.crds;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;

/**
 * A pod of an attempt that isn't the first of its number, or has another rank than its number: pods are numbered as the
 * places are that they have, and a spare takes a rank with its place.
 */
public class Replacement extends Block {
    @JsonPropertyDescription(
            "rank is the number of the pod and of its place, counted from 0. It is the rank of its worker too, unless holds says otherwise.")
    @Required
    @Min(0)
    @Max(1023)
    private Integer rank;

    @JsonPropertyDescription(
            "incarnation is how many pods of this number there were in this attempt before this one; it is the end of the pod's name.")
    @Required
    @Min(0)
    @Max(1000000)
    private Integer incarnation;

    @JsonPropertyDescription(
            "term is the first membership that the pod is in; absent until all pods of it run, and of a spare.")
    @Min(1)
    @Max(1000000)
    private Integer term;

    @JsonPropertyDescription(
            "holds is the rank whose worker this pod is since it was a spare; absent if it has the rank of its number, or is a spare.")
    @Min(0)
    @Max(1023)
    private Integer holds;

    @JsonPropertyDescription(
            "held is the rank that the pod of this number before this one had when it was lost; absent if it was a spare, or if there are none.")
    @Min(0)
    @Max(1023)
    private Integer held;

    @JsonPropertyDescription(
            "unexplained says that the pod of this number before this one is counted as Unreachable as long as it doesn't tell more.")
    private Boolean unexplained;

    /** Number of the pod and of its place, from 0. */
    public Integer getRank() {
        return rank;
    }

    public Replacement setRank(Integer rank) {
        this.rank = rank;
        return this;
    }

    /** Pods of this number before this one. */
    public Integer getIncarnation() {
        return incarnation;
    }

    public Replacement setIncarnation(Integer incarnation) {
        this.incarnation = incarnation;
        return this;
    }

    /** The first term that the pod is in, or null before. */
    public Integer getTerm() {
        return term;
    }

    public Replacement setTerm(Integer term) {
        this.term = term;
        return this;
    }

    /** The rank that it has taken as a spare, or null. */
    public Integer getHolds() {
        return holds;
    }

    public Replacement setHolds(Integer holds) {
        this.holds = holds;
        return this;
    }

    /** The rank that was lost with the pod before this one, or null. */
    public Integer getHeld() {
        return held;
    }

    public Replacement setHeld(Integer held) {
        this.held = held;
        return this;
    }

    /** Whether the pod before this one may yet tell what took it away; null if it may not. */
    public Boolean getUnexplained() {
        return unexplained;
    }

    public Replacement setUnexplained(Boolean unexplained) {
        this.unexplained = unexplained;
        return this;
    }
}
