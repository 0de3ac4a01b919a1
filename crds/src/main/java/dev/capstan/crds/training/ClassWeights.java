package dev.capstan.crds.training;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.capstan.crds.Block;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;

/** How much each class counts in the loss: exactly one of its choices is set. */
@ValidationRule(
        value = "(has(self.balanced) && self.balanced) != has(self.values)",
        message = "classWeights needs exactly one of: balanced: true, values")
public class ClassWeights extends Block {
    public static final boolean DEFAULT_BALANCED = false;

    @JsonPropertyDescription(
            "balanced says that each class counts by the number of samples divided by the number of classes and by the number of its own samples, so that all classes count alike. Default: "
                    + DEFAULT_BALANCED + ".")
    private Boolean balanced;

    @JsonPropertyDescription(
            "values has a factor for each class, in the order of the classes: as many as the output layer has units. Default: none.")
    @Size(min = 1, max = 1024)
    private List<Double> values;

    /** Whether all classes count alike, or null. */
    public Boolean getBalanced() {
        return balanced;
    }

    public ClassWeights setBalanced(Boolean balanced) {
        this.balanced = balanced;
        return this;
    }

    /** Whether all classes count alike. */
    public boolean balanced() {
        return balanced == null ? DEFAULT_BALANCED : balanced;
    }

    /** A factor for each class, or null. */
    public List<Double> getValues() {
        return values;
    }

    public ClassWeights setValues(List<Double> values) {
        this.values = values;
        return this;
    }
}
