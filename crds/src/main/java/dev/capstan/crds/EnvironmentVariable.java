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
            value = "!self.startsWith('CAPSTAN_') && self != 'OMP_NUM_THREADS'",
            message =
                    "name must not begin with CAPSTAN_, nor be OMP_NUM_THREADS: Capstan sets those, so choose another name")
    @ValidationRule(
            value =
                    "!self.matches('^(JAVA|JDK|LD)_|_JAVA_OPTIONS$') && !(self in ['PATH', 'CLASSPATH', 'ENV', 'BASH_ENV', 'GCONV_PATH', 'GLIBC_TUNABLES', 'CUDA_INJECTION64_PATH', 'OMP_TOOL_LIBRARIES'])",
            message =
                    "name must not be one by which other code is run or loaded, such as JAVA_TOOL_OPTIONS, LD_PRELOAD or PATH: how much memory the JVM takes follows from resources.limits, and code of your own comes in workers.image")
    @ValidationRule(
            value =
                    "!self.matches('^NVIDIA_|_VISIBLE_DEVICES$') && !(self in ['GPU_DEVICE_ORDINAL', 'ONEAPI_DEVICE_SELECTOR', 'ZE_AFFINITY_MASK', 'CUDA_DISABLE_CONTROL', 'CUDA_DEVICE_SM_LIMIT']) && !self.startsWith('CUDA_DEVICE_MEMORY_')",
            message =
                    "name must not be one that says which devices a container sees, such as NVIDIA_VISIBLE_DEVICES or CUDA_VISIBLE_DEVICES: it sees those that resources.limits asks for, such as nvidia.com/gpu: 1")
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
