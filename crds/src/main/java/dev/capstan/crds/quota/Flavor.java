package dev.capstan.crds.quota;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.capstan.crds.Block;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;
import java.util.Map;

/** Nodes of one kind, and how much of them a quota has. */
public class Flavor extends Block {
    @JsonPropertyDescription(
            "name is a word of yours for these nodes, such as h100. In a cohort, the same name has to mean the same nodes.")
    @Required
    @Size(min = 1, max = 63)
    @ValidationRule(
            value = "self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",
            message =
                    "name must have only lower-case letters, digits and -, and begin and end with a letter or digit, as in h100")
    private String name;

    @JsonPropertyDescription(
            "nodeLabels are labels that all nodes of this flavor carry, such as nvidia.com/gpu.product: NVIDIA-H100-80GB-HBM3. Default: none, every node.")
    private Map<String, String> nodeLabels;

    @JsonPropertyDescription(
            "resources lists what is counted of these nodes, and how much of it the quota has. Devices (names with a domain, such as nvidia.com/gpu) that no flavor lists are not to be had at all; cpu, memory and the like are not counted if none lists them. A resource that only other flavors list is not to be had of this one.")
    @Required
    @Size(min = 1, max = 16)
    private List<FlavorResource> resources;

    /** The flavor's name in its cohort. */
    public String getName() {
        return name;
    }

    public Flavor setName(String name) {
        this.name = name;
        return this;
    }

    /** Labels of its nodes, or null. */
    public Map<String, String> getNodeLabels() {
        return nodeLabels;
    }

    public Flavor setNodeLabels(Map<String, String> nodeLabels) {
        this.nodeLabels = nodeLabels;
        return this;
    }

    /** How much of each resource. */
    public List<FlavorResource> getResources() {
        return resources;
    }

    public Flavor setResources(List<FlavorResource> resources) {
        this.resources = resources;
        return this;
    }
}
