package dev.capstan.crds.quota;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.capstan.crds.Block;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import java.util.List;

/** What is used of one flavor. */
public class FlavorUse extends Block {
    @JsonPropertyDescription("name is the name of the flavor.")
    @Required
    @Size(min = 1, max = 63)
    private String name;

    @JsonPropertyDescription("resources tells what is used of each resource.")
    @Size(max = 16)
    private List<ResourceUse> resources;

    /** Name of the flavor. */
    public String getName() {
        return name;
    }

    public FlavorUse setName(String name) {
        this.name = name;
        return this;
    }

    /** What is used, by resource. */
    public List<ResourceUse> getResources() {
        return resources;
    }

    public FlavorUse setResources(List<ResourceUse> resources) {
        this.resources = resources;
        return this;
    }
}
