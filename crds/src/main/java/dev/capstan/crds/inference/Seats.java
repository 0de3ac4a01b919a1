package dev.capstan.crds.inference;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.capstan.crds.Block;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;

/** For how many replicas places are asked. */
public class Seats extends Block {
    @JsonPropertyDescription(
            "replicas is how many replicas places are asked for: those that are wanted and, in a rollout that needs it, the surge.")
    @Required
    @Min(0)
    @Max(InferenceServiceSpec.MAX_REPLICAS + Rollout.MAX_SURGE)
    private Integer replicas;

    @JsonPropertyDescription("since is when replicas was last raised: those that have no place yet queue from then.")
    @Required
    private String since;

    /** Replicas that places are asked for. */
    public Integer getReplicas() {
        return replicas;
    }

    public Seats setReplicas(Integer replicas) {
        this.replicas = replicas;
        return this;
    }

    /** When it was last raised, RFC 3339. */
    public String getSince() {
        return since;
    }

    public Seats setSince(String since) {
        this.since = since;
        return this;
    }
}
