package dev.capstan.crds.quota;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.capstan.crds.Block;
import dev.capstan.crds.Bounds;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Size;
import io.fabric8.kubernetes.api.model.Condition;
import java.util.List;

/** What a quota's jobs use. Written by the operator alone. */
public class GPUQuotaStatus extends Block {
    @JsonPropertyDescription(
            "observedGeneration is the metadata.generation that this status is about; -1 until the operator has seen the quota.")
    @Min(-1)
    @Max(Bounds.MAX_SAFE_INTEGER)
    private Long observedGeneration;

    @JsonPropertyDescription("conditions tell how the quota is, one of each type: Ready, Reconciling, Stalled.")
    private List<Condition> conditions;

    @JsonPropertyDescription("namespaces is the number of namespaces that are there and use this quota.")
    @Min(0)
    @Max(1000000)
    private Integer namespaces;

    @JsonPropertyDescription("pendingJobs is the number of jobs that wait to be admitted.")
    @Min(0)
    @Max(1000000)
    private Integer pendingJobs;

    @JsonPropertyDescription("admittedJobs is the number of jobs that hold places.")
    @Min(0)
    @Max(1000000)
    private Integer admittedJobs;

    @JsonPropertyDescription(
            "use sums up for people what is used and what is the quota's own, as in nvidia.com/gpu 20/16 (4 borrowed); (4 over) if there is no cohort to borrow from, as when the quota was lowered under a job that runs.")
    @Size(max = 1024)
    private String use;

    @JsonPropertyDescription("flavors tells what is used of each flavor, at most some seconds old.")
    @Size(max = 16)
    private List<FlavorUse> flavors;

    /** The generation that this status is about. */
    public Long getObservedGeneration() {
        return observedGeneration;
    }

    public GPUQuotaStatus setObservedGeneration(Long observedGeneration) {
        this.observedGeneration = observedGeneration;
        return this;
    }

    /** See {@link dev.capstan.crds.Conditions}. */
    public List<Condition> getConditions() {
        return conditions;
    }

    public GPUQuotaStatus setConditions(List<Condition> conditions) {
        this.conditions = conditions;
        return this;
    }

    /** Namespaces that use the quota. */
    public Integer getNamespaces() {
        return namespaces;
    }

    public GPUQuotaStatus setNamespaces(Integer namespaces) {
        this.namespaces = namespaces;
        return this;
    }

    /** Jobs that wait. */
    public Integer getPendingJobs() {
        return pendingJobs;
    }

    public GPUQuotaStatus setPendingJobs(Integer pendingJobs) {
        this.pendingJobs = pendingJobs;
        return this;
    }

    /** Jobs that hold places. */
    public Integer getAdmittedJobs() {
        return admittedJobs;
    }

    public GPUQuotaStatus setAdmittedJobs(Integer admittedJobs) {
        this.admittedJobs = admittedJobs;
        return this;
    }

    /** What is used, for a printer column. */
    public String getUse() {
        return use;
    }

    public GPUQuotaStatus setUse(String use) {
        this.use = use;
        return this;
    }

    /** What is used, by flavor. */
    public List<FlavorUse> getFlavors() {
        return flavors;
    }

    public GPUQuotaStatus setFlavors(List<FlavorUse> flavors) {
        this.flavors = flavors;
        return this;
    }
}
