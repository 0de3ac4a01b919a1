package dev.capstan.crds;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;

/** A variable in the environment of each worker. */
public class EnvironmentVariable extends Block {
    @JsonPropertyDescription("name is the name of the variable, a C identifier.")
    @Required
    @Size(min = 1, max = 128)
    @ValidationRule(
            value = "self == '' || self.matches('^[A-Za-z_][A-Za-z0-9_]*$')",
            message =
                    "name must be a C identifier, such as NCCL_DEBUG: letters, digits and _ that do not begin with a digit")
    @ValidationRule(
            value =
                    "!self.matches('^(CAPSTAN_|JAVA_|LD_)') && !(self in ['JDK_JAVA_OPTIONS', '_JAVA_OPTIONS', 'OMP_NUM_THREADS'])",
            message =
                    "name must not begin with CAPSTAN_, JAVA_ or LD_, nor be JDK_JAVA_OPTIONS, _JAVA_OPTIONS or OMP_NUM_THREADS: Capstan sets those, so choose another name")
    private String name;

    @JsonPropertyDescription("value is the value of the variable. Default: empty.")
    @Size(max = 4096)
    private String value;

    /** Name of the variable. */
    public String getName() {
        return name;
    }

    public EnvironmentVariable setName(String name) {
        this.name = name;
        return this;
    }

    /** Value of the variable, or null for an empty one. */
    public String getValue() {
        return value;
    }

    public EnvironmentVariable setValue(String value) {
        this.value = value;
        return this;
    }

    /** Value of the variable. */
    public String value() {
        return value == null ? "" : value;
    }
}
