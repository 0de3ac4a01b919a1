package dev.capstan.crds.inference;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.capstan.crds.Block;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.Optional;

/** A Gateway that the service is reached through. */
public class ParentReference extends Block {
    @JsonPropertyDescription("name is the name of the Gateway.")
    @Required
    @Size(min = 1, max = 253)
    @ValidationRule(
            value = "self == '' || self.matches('^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$')",
            message =
                    "name must be the name of a Gateway: lower-case letters, digits, - and . that begin and end with a letter or digit")
    private String name;

    @JsonPropertyDescription(
            "namespace is the namespace of the Gateway, which must allow routes from elsewhere. Default: that of the service.")
    @Size(min = 1, max = 63)
    @ValidationRule(
            value = "self == '' || self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",
            message =
                    "namespace must be the name of a namespace: lower-case letters, digits and - that begin and end with a letter or digit")
    private String namespace;

    @JsonPropertyDescription(
            "sectionName is the name of the listener of the Gateway. Default: every listener that allows the route.")
    @Size(min = 1, max = 253)
    @ValidationRule(
            value = "self == '' || self.matches('^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$')",
            message =
                    "sectionName must be the name of a listener: lower-case letters, digits, - and . that begin and end with a letter or digit")
    private String sectionName;

    /** Name of the Gateway. */
    public String getName() {
        return name;
    }

    public ParentReference setName(String name) {
        this.name = name;
        return this;
    }

    /** Namespace of the Gateway, or null. */
    public String getNamespace() {
        return namespace;
    }

    public ParentReference setNamespace(String namespace) {
        this.namespace = namespace;
        return this;
    }

    /** Namespace of the Gateway; empty for that of the service. */
    public Optional<String> namespace() {
        return Optional.ofNullable(namespace);
    }

    /** Name of the listener, or null. */
    public String getSectionName() {
        return sectionName;
    }

    public ParentReference setSectionName(String sectionName) {
        this.sectionName = sectionName;
        return this;
    }

    /** Name of the listener; empty for every one. */
    public Optional<String> sectionName() {
        return Optional.ofNullable(sectionName);
    }
}
