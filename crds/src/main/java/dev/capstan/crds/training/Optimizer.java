package dev.capstan.crds.training;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.capstan.crds.Block;
import io.fabric8.generator.annotation.ValidationRule;

/** How gradients become updates: exactly one of its choices is set. */
@ValidationRule(
        value = "[has(self.sgd), has(self.nesterov), has(self.adam)].exists_one(set, set)",
        message = "optimizer needs exactly one of: sgd, nesterov, adam")
public class Optimizer extends Block {
    @JsonPropertyDescription("sgd is stochastic gradient descent.")
    private Sgd sgd;

    @JsonPropertyDescription("nesterov is the accelerated gradient of Nesterov.")
    private Nesterov nesterov;

    @JsonPropertyDescription(
            "adam is Adam, by Kingma and Ba (arXiv:1412.6980). An empty object takes all of its defaults.")
    private Adam adam;

    /** Stochastic gradient descent, or null. */
    public Sgd getSgd() {
        return sgd;
    }

    public Optimizer setSgd(Sgd sgd) {
        this.sgd = sgd;
        return this;
    }

    /** Accelerated gradient, or null. */
    public Nesterov getNesterov() {
        return nesterov;
    }

    public Optimizer setNesterov(Nesterov nesterov) {
        this.nesterov = nesterov;
        return this;
    }

    /** Adam, or null. */
    public Adam getAdam() {
        return adam;
    }

    public Optimizer setAdam(Adam adam) {
        this.adam = adam;
        return this;
    }
}
