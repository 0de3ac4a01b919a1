package dev.capstan.crds;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;

/** One key of a ConfigMap in the same namespace. */
public class KeyReference extends Block {
    @JsonPropertyDescription("name is the name of the ConfigMap, which lies in the same namespace.")
    @Required
    @Size(min = 1, max = 253)
    @ValidationRule(value = LocalReference.NAME_RULE, message = LocalReference.NAME_MESSAGE)
    private String name;

    @JsonPropertyDescription("key is the key in the ConfigMap whose value is meant.")
    @Required
    @Size(min = 1, max = 253)
    @ValidationRule(
            value = "self == '' || self.matches('^[-._a-zA-Z0-9]+$')",
            message = "key must be a key of a ConfigMap, such as lenet.json: letters, digits and - _ .")
    private String key;

    /** Name of the ConfigMap. */
    public String getName() {
        return name;
    }

    public KeyReference setName(String name) {
        this.name = name;
        return this;
    }

    /** Key in the ConfigMap. */
    public String getKey() {
        return key;
    }

    public KeyReference setKey(String key) {
        this.key = key;
        return this;
    }
}
