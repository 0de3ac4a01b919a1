package dev.capstan.crds.inference;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.capstan.crds.Block;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import java.util.List;

/** The way in through a Gateway of the Gateway API. */
public class Gateway extends Block {
    @JsonPropertyDescription("parentRefs names the Gateways.")
    @Required
    @Size(min = 1, max = 8)
    private List<ParentReference> parentRefs;

    @JsonPropertyDescription(
            "hostnames has the host names by which the Gateways tell the service, such as digits.example.org. Default: those of the listeners.")
    @Size(min = 1, max = 16)
    private List<String> hostnames;

    /** The Gateways. */
    public List<ParentReference> getParentRefs() {
        return parentRefs;
    }

    public Gateway setParentRefs(List<ParentReference> parentRefs) {
        this.parentRefs = parentRefs;
        return this;
    }

    /** Host names, or null. */
    public List<String> getHostnames() {
        return hostnames;
    }

    public Gateway setHostnames(List<String> hostnames) {
        this.hostnames = hostnames;
        return this;
    }

    /** Host names; empty for those of the listeners. */
    public List<String> hostnames() {
        return hostnames == null ? List.of() : hostnames;
    }
}
