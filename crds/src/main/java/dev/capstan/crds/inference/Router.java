package dev.capstan.crds.inference;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.capstan.crds.Block;
import dev.capstan.crds.WorkerResources;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;

/** Pods in front of the replicas that repeat and hold requests. */
public class Router extends Block {
    public static final int DEFAULT_REPLICAS = 2;
    /** The most that {@code replicas} may say. */
    public static final int MAX_REPLICAS = 64;

    @JsonPropertyDescription(
            "replicas is the number of routers. Default: " + DEFAULT_REPLICAS + ". May be changed at any time.")
    @Min(1)
    @Max(MAX_REPLICAS)
    private Integer replicas;

    @JsonPropertyDescription(
            "resources says what each router gets. All else of its pod is as of workers. A change makes the routers anew, one after the other.")
    private WorkerResources resources;

    /** Number of routers, or null. */
    public Integer getReplicas() {
        return replicas;
    }

    public Router setReplicas(Integer replicas) {
        this.replicas = replicas;
        return this;
    }

    /** Number of routers. */
    public int replicas() {
        return replicas == null ? DEFAULT_REPLICAS : replicas;
    }

    /** What each router gets, or null. */
    public WorkerResources getResources() {
        return resources;
    }

    public Router setResources(WorkerResources resources) {
        this.resources = resources;
        return this;
    }

    /** What each router gets. */
    public WorkerResources resources() {
        return resources == null ? new WorkerResources() : resources;
    }
}
