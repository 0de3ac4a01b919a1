package dev.capstan.crds;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;

/** The pods that do the work of a job. */
public class Workers extends WorkerTemplate {
    public static final int DEFAULT_REPLICAS = 1;

    @JsonPropertyDescription("replicas is the number of worker pods. They start together or not at all. Default: "
            + DEFAULT_REPLICAS + ".")
    @Min(1)
    @Max(1024)
    private Integer replicas;

    /** Number of worker pods, or null. */
    public Integer getReplicas() {
        return replicas;
    }

    public Workers setReplicas(Integer replicas) {
        this.replicas = replicas;
        return this;
    }

    /** Number of worker pods. */
    public int replicas() {
        return replicas == null ? DEFAULT_REPLICAS : replicas;
    }
}
