package dev.capstan.crds.inference;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.capstan.crds.Block;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;

/** How a new revision takes the place of the one before. */
public class Rollout extends Block {
    public static final int DEFAULT_MAX_SURGE = 1;
    /** The most that {@code maxSurge} may say. */
    public static final int MAX_SURGE = 256;

    @JsonPropertyDescription(
            "maxSurge is how many replicas more than spec.replicas there may be meanwhile; they are charged to the quota. 0 has old replicas make room, one at a time, as far as redundancy.minAvailable allows; so does any other number when nothing is free for as long as scheduling.timeoutSeconds. Default: "
                    + DEFAULT_MAX_SURGE + ". May be changed at any time.")
    @Min(0)
    @Max(MAX_SURGE)
    private Integer maxSurge;

    /** Replicas too many meanwhile, or null. */
    public Integer getMaxSurge() {
        return maxSurge;
    }

    public Rollout setMaxSurge(Integer maxSurge) {
        this.maxSurge = maxSurge;
        return this;
    }

    /** Replicas that there may be too many meanwhile. */
    public int maxSurge() {
        return maxSurge == null ? DEFAULT_MAX_SURGE : maxSurge;
    }
}
