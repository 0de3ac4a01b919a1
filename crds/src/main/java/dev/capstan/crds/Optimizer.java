package dev.capstan.crds;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.ValidationRule;

/** How gradients become updates: exactly one of its choices is set. */
@ValidationRule(
        value =
                "[has(self.sgd), has(self.nesterov), has(self.adam), has(self.adamW), has(self.rmsProp), has(self.adaGrad)].exists_one(set, set)",
        message = "optimizer needs exactly one of: sgd, nesterov, adam, adamW, rmsProp, adaGrad")
public class Optimizer extends Block {
    @JsonPropertyDescription("sgd is stochastic gradient descent.")
    private Sgd sgd;

    @JsonPropertyDescription("nesterov is the accelerated gradient of Nesterov.")
    private Nesterov nesterov;

    @JsonPropertyDescription(
            "adam is Adam, by Kingma and Ba (arXiv:1412.6980). An empty object takes all of its defaults.")
    private Adam adam;

    @JsonPropertyDescription(
            "adamW is Adam with decoupled weight decay, by Loshchilov and Hutter (arXiv:1711.05101). An empty object takes all of its defaults.")
    private AdamW adamW;

    @JsonPropertyDescription("rmsProp is RMSProp, by Hinton (2012). An empty object takes all of its defaults.")
    private RmsProp rmsProp;

    @JsonPropertyDescription(
            "adaGrad is AdaGrad, by Duchi, Hazan and Singer (2011). An empty object takes all of its defaults.")
    private AdaGrad adaGrad;

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

    /** Adam with decoupled weight decay, or null. */
    public AdamW getAdamW() {
        return adamW;
    }

    public Optimizer setAdamW(AdamW adamW) {
        this.adamW = adamW;
        return this;
    }

    /** RMSProp, or null. */
    public RmsProp getRmsProp() {
        return rmsProp;
    }

    public Optimizer setRmsProp(RmsProp rmsProp) {
        this.rmsProp = rmsProp;
        return this;
    }

    /** AdaGrad, or null. */
    public AdaGrad getAdaGrad() {
        return adaGrad;
    }

    public Optimizer setAdaGrad(AdaGrad adaGrad) {
        this.adaGrad = adaGrad;
        return this;
    }
}
