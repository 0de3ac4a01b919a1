package dev.capstan.crds;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;

/** The name of an object in the same namespace. */
public class LocalReference extends Block {
    static final String NAME_RULE = "self == '' || self.matches('^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$')";
    static final String NAME_MESSAGE =
            "name must be the name of an object in the same namespace: lower-case letters, digits, - and . that begin and end with a letter or digit";

    @JsonPropertyDescription("name is the name of the object, which lies in the same namespace.")
    @Required
    @Size(min = 1, max = 253)
    @ValidationRule(value = NAME_RULE, message = NAME_MESSAGE)
    private String name;

    /** Name of the object. */
    public String getName() {
        return name;
    }

    public LocalReference setName(String name) {
        this.name = name;
        return this;
    }
}
