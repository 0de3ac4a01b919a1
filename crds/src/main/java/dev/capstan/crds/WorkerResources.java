package dev.capstan.crds;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.kubernetes.api.model.Quantity;
import java.util.Map;

/** CPU, memory and devices of each worker. */
public class WorkerResources extends Block {
    @JsonPropertyDescription(
            "limits is the most that each worker may use, by resource name: cpu, memory, nvidia.com/gpu, ... Whole devices only. Default: no limit.")
    private Map<String, Quantity> limits;

    @JsonPropertyDescription("requests is what is set aside for each worker, by resource name. Default: the limits.")
    private Map<String, Quantity> requests;

    /** The most that each worker may use, or null. */
    public Map<String, Quantity> getLimits() {
        return limits;
    }

    public WorkerResources setLimits(Map<String, Quantity> limits) {
        this.limits = limits;
        return this;
    }

    /** What is set aside for each worker, or null. */
    public Map<String, Quantity> getRequests() {
        return requests;
    }

    public WorkerResources setRequests(Map<String, Quantity> requests) {
        this.requests = requests;
        return this;
    }
}
