package dev.capstan.crds;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;

/** The pod of a worker that isn't the first of its rank in an attempt. */
public class Replacement extends Block {
    @JsonPropertyDescription("rank is the number of the worker in its gang, counted from 0.")
    @Required
    @Min(0)
    @Max(1023)
    private Integer rank;

    @JsonPropertyDescription(
            "incarnation is how many pods the rank had in this attempt before this one; it is the end of the pod's name.")
    @Required
    @Min(1)
    @Max(1000000)
    private Integer incarnation;

    @JsonPropertyDescription("term is the first membership that the pod is in; absent until all pods of it run.")
    @Min(1)
    @Max(1000000)
    private Integer term;

    /** Number of the worker, from 0. */
    public Integer getRank() {
        return rank;
    }

    public Replacement setRank(Integer rank) {
        this.rank = rank;
        return this;
    }

    /** Pods of the rank before this one. */
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
}
