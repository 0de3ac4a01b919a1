package dev.capstan.crds.training;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.capstan.crds.Block;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.ValidationRule;

/** The fully connected last layer, with a loss. */
@ValidationRule(
        value = "self.loss in ['mse', 'mae', 'huber'] || self.activation == 'softmax'",
        message = "the losses mcxent and negativeloglikelihood need activation: softmax; or use loss: mse",
        fieldPath = ".activation")
public class OutputLayer extends Block {
    @JsonPropertyDescription(
            "units is the number of outputs of the layer: as many as the data has classes, at least 2, or as many as data.train.csv.targetColumns.")
    @Required
    @Min(1)
    @Max(65536)
    private Integer units;

    @JsonPropertyDescription(
            "activation is the function that the outputs go through; softmax makes them probabilities. The losses mcxent and negativeloglikelihood need softmax.")
    @Required
    private Activation activation;

    @JsonPropertyDescription(
            "loss is what training makes small. mcxent: cross entropy over the classes. negativeloglikelihood: the same under another name. mse: mean squared error. mae: mean absolute error. huber: half the squared error below 1, and the absolute error less 0.5 beyond, so that outliers count less. Numbers are predicted by mse, mae or huber.")
    @Required
    private Loss loss;

    /** Number of classes, or of numbers to predict. */
    public Integer getUnits() {
        return units;
    }

    public OutputLayer setUnits(Integer units) {
        this.units = units;
        return this;
    }

    /** Activation function. */
    public Activation getActivation() {
        return activation;
    }

    public OutputLayer setActivation(Activation activation) {
        this.activation = activation;
        return this;
    }

    /** Loss function. */
    public Loss getLoss() {
        return loss;
    }

    public OutputLayer setLoss(Loss loss) {
        this.loss = loss;
        return this;
    }
}
