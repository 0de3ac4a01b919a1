package dev.capstan.crds;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;

/** Whether the workers of a gang have to be near each other: nodes are near that share the value of a label. */
@ValidationRule(
        value = "[has(self.required), has(self.preferred)].exists_one(set, set)",
        message = "topology needs exactly one of: required, preferred")
public class Topology extends Block {
    @JsonPropertyDescription(
            "required is the key of a label of nodes, such as topology.kubernetes.io/zone: all workers get nodes with one value of it, and wait until there is room for that. Default: none.")
    @Size(max = NodeLabelKey.MAX_SIZE)
    @ValidationRule(
            value = NodeLabelKey.RULE,
            message = "required must be the key of a label of nodes, such as topology.kubernetes.io/zone: "
                    + NodeLabelKey.WORDS)
    private String required;

    @JsonPropertyDescription(
            "preferred is the key of a label of nodes, such as topology.kubernetes.io/zone: the workers get nodes with as few values of it as there is room for now. Default: none.")
    @Size(max = NodeLabelKey.MAX_SIZE)
    @ValidationRule(
            value = NodeLabelKey.RULE,
            message = "preferred must be the key of a label of nodes, such as topology.kubernetes.io/zone: "
                    + NodeLabelKey.WORDS)
    private String preferred;

    /** Key of the label of which all nodes share one value, or null. */
    public String getRequired() {
        return required;
    }

    public Topology setRequired(String required) {
        this.required = required;
        return this;
    }

    /** Key of the label of which the nodes share as few values as can be, or null. */
    public String getPreferred() {
        return preferred;
    }

    public Topology setPreferred(String preferred) {
        this.preferred = preferred;
        return this;
    }
}
