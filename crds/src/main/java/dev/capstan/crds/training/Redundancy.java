package dev.capstan.crds.training;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.capstan.crds.Block;
import dev.capstan.crds.JobSpec;
import dev.capstan.crds.NodeLabelKey;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.Optional;

/** What stays when a worker or a node goes. */
public class Redundancy extends Block {
    public static final int DEFAULT_SPARES = 0;

    @JsonPropertyDescription(
            "spares is the number of pods that stand by beside the workers, with all loaded that training needs, and take the place of a lost worker at once. They are placed with the workers and charged like them, so the job starts when there is room for all; training begins without waiting for them, and a spare that is lost or used is replaced. Default: "
                    + DEFAULT_SPARES
                    + ". " + JobSpec.WORKERS_CHANGE)
    @Min(0)
    @Max(8)
    private Integer spares;

    @JsonPropertyDescription(
            "spread is the key of a label of nodes, such as kubernetes.io/hostname or topology.kubernetes.io/zone: workers and spares are divided among the values of it as evenly as there is room for, and a pod that replaces another too. Default: they are placed close together. A change counts for pods that get a place from then on.")
    @Size(max = NodeLabelKey.MAX_SIZE)
    @ValidationRule(
            value = NodeLabelKey.RULE,
            message =
                    "spread must be the key of a label of nodes, such as kubernetes.io/hostname or topology.kubernetes.io/zone: "
                            + NodeLabelKey.WORDS)
    private String spread;

    /** Number of pods that stand by, or null. */
    public Integer getSpares() {
        return spares;
    }

    public Redundancy setSpares(Integer spares) {
        this.spares = spares;
        return this;
    }

    /** Number of pods that stand by. */
    public int spares() {
        return spares == null ? DEFAULT_SPARES : spares;
    }

    /** Key of a label, or null. */
    public String getSpread() {
        return spread;
    }

    public Redundancy setSpread(String spread) {
        this.spread = spread;
        return this;
    }

    /** Key of the label among whose values pods are divided; empty if they may be close together. */
    public Optional<String> spread() {
        return Optional.ofNullable(spread);
    }
}
