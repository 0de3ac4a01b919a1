package dev.capstan.crds.inference;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.capstan.crds.Block;
import dev.capstan.crds.NodeLabelKey;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;

/** What stays when a pod or a node goes. */
public class Redundancy extends Block {
    public static final int DEFAULT_MIN_AVAILABLE = 1;
    public static final String DEFAULT_SPREAD = "kubernetes.io/hostname";

    @JsonPropertyDescription(
            "minAvailable is how many replicas must be there: so many start together or not at all, no rollout goes below, and a PodDisruptionBudget keeps drains from it. Never more than spec.replicas counts. With 0, a drain takes also the last one, and so does a rollout that has no place for another beside it; Ready wants one that answers all the same. Default: "
                    + DEFAULT_MIN_AVAILABLE + ". May be changed at any time.")
    @Min(0)
    @Max(InferenceServiceSpec.MAX_REPLICAS)
    private Integer minAvailable;

    @JsonPropertyDescription(
            "spread is the key of a label of nodes: replicas go to nodes with as many different values of it as there is room on. Default: "
                    + DEFAULT_SPREAD + ". A change counts for replicas that get a place from then on.")
    @Size(max = NodeLabelKey.MAX_SIZE)
    @ValidationRule(
            value = NodeLabelKey.RULE,
            message =
                    "spread must be the key of a label of nodes, such as kubernetes.io/hostname or topology.kubernetes.io/zone: "
                            + NodeLabelKey.WORDS)
    private String spread;

    /** Replicas that must be there, or null. */
    public Integer getMinAvailable() {
        return minAvailable;
    }

    public Redundancy setMinAvailable(Integer minAvailable) {
        this.minAvailable = minAvailable;
        return this;
    }

    /** Replicas that must be there, if so many are wanted. */
    public int minAvailable() {
        return minAvailable == null ? DEFAULT_MIN_AVAILABLE : minAvailable;
    }

    /** Key of the label, or null. */
    public String getSpread() {
        return spread;
    }

    public Redundancy setSpread(String spread) {
        this.spread = spread;
        return this;
    }

    /** Key of the label of whose values replicas get as many as can be. */
    public String spread() {
        return spread == null ? DEFAULT_SPREAD : spread;
    }
}
