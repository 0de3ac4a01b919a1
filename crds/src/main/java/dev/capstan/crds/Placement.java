package dev.capstan.crds;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;

/** The place of one worker. */
public class Placement extends Block {
    @JsonPropertyDescription(
            "rank is the number of the place and of its pod, counted from 0: the rank of the worker there, until a spare has taken that.")
    @Required
    @Min(0)
    @Max(1023)
    private Integer rank;

    @JsonPropertyDescription("node is the name of the node that the worker was granted a place on.")
    @Required
    @Size(min = 1, max = 253)
    private String node;

    /** Number of the place, from 0. */
    public Integer getRank() {
        return rank;
    }

    public Placement setRank(Integer rank) {
        this.rank = rank;
        return this;
    }

    /** Name of the node. */
    public String getNode() {
        return node;
    }

    public Placement setNode(String node) {
        this.node = node;
        return this;
    }
}
