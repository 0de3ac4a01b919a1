package dev.capstan.protocol;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;

/** How gradients become updates, every parameter spelled out. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
@JsonSubTypes({
    @JsonSubTypes.Type(value = Optimizer.Sgd.class, name = "sgd"),
    @JsonSubTypes.Type(value = Optimizer.Nesterov.class, name = "nesterov"),
    @JsonSubTypes.Type(value = Optimizer.Adam.class, name = "adam"),
    @JsonSubTypes.Type(value = Optimizer.AdamW.class, name = "adamW"),
    @JsonSubTypes.Type(value = Optimizer.RmsProp.class, name = "rmsProp"),
    @JsonSubTypes.Type(value = Optimizer.AdaGrad.class, name = "adaGrad")
})
public sealed interface Optimizer {
    /** Step size at the beginning; a schedule may change it. */
    double learningRate();

    /** Stochastic gradient descent. */
    record Sgd(double learningRate) implements Optimizer {}

    /**
     * Nesterov's accelerated gradient.
     *
     * @param momentum share of the last update that is carried on
     */
    record Nesterov(double learningRate, double momentum) implements Optimizer {}

    /**
     * Adam, Kingma and Ba 2015 (arXiv:1412.6980).
     *
     * @param beta1 decay of the first moment
     * @param beta2 decay of the second moment
     * @param epsilon guard against division by zero
     */
    record Adam(double learningRate, double beta1, double beta2, double epsilon) implements Optimizer {}

    /**
     * Adam with decoupled weight decay, Loshchilov and Hutter 2019 (arXiv:1711.05101).
     *
     * @param beta1 decay of the first moment
     * @param beta2 decay of the second moment
     * @param epsilon guard against division by zero
     * @param weightDecay share of each weight, times the learning rate, that is taken off at each step; biases keep
     *     theirs
     */
    record AdamW(double learningRate, double beta1, double beta2, double epsilon, double weightDecay)
            implements Optimizer {}

    /**
     * RMSProp, Hinton 2012.
     *
     * @param decay of the mean of squared gradients
     * @param epsilon guard against division by zero
     */
    record RmsProp(double learningRate, double decay, double epsilon) implements Optimizer {}

    /**
     * AdaGrad, Duchi, Hazan and Singer 2011.
     *
     * @param epsilon guard against division by zero
     */
    record AdaGrad(double learningRate, double epsilon) implements Optimizer {}
}
