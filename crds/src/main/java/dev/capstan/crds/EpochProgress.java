package dev.capstan.crds;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;

/** What an epoch came to. */
public class EpochProgress extends Block {
    @JsonPropertyDescription("epoch is the pass over the training data, counted from 1.")
    @Required
    @Min(1)
    @Max(100000)
    private Integer epoch;

    @JsonPropertyDescription(
            "loss is the mean loss a training sample, while it was trained on: a decimal, written as a string.")
    @Size(max = 32)
    private String loss;

    @JsonPropertyDescription(
            "validationLoss is the mean loss a sample of the validation split: a decimal, written as a string; absent without one.")
    @Size(max = 32)
    private String validationLoss;

    @JsonPropertyDescription(
            "validationAccuracy is the share of the validation split that was told right: a decimal, written as a string; absent without one.")
    @Size(max = 32)
    private String validationAccuracy;

    @JsonPropertyDescription(
            "validationRmse is the root of the mean squared error on the validation split, of a model that predicts numbers: a decimal, written as a string.")
    @Size(max = 32)
    private String validationRmse;

    /** Which epoch, from 1. */
    public Integer getEpoch() {
        return epoch;
    }

    public EpochProgress setEpoch(Integer epoch) {
        this.epoch = epoch;
        return this;
    }

    /** Mean loss while training, a decimal as a string. */
    public String getLoss() {
        return loss;
    }

    public EpochProgress setLoss(String loss) {
        this.loss = loss;
        return this;
    }

    /** Mean loss on the validation split, or null. */
    public String getValidationLoss() {
        return validationLoss;
    }

    public EpochProgress setValidationLoss(String validationLoss) {
        this.validationLoss = validationLoss;
        return this;
    }

    /** Accuracy on the validation split, or null. */
    public String getValidationAccuracy() {
        return validationAccuracy;
    }

    public EpochProgress setValidationAccuracy(String validationAccuracy) {
        this.validationAccuracy = validationAccuracy;
        return this;
    }

    /** Root of the mean squared error on the validation split, or null. */
    public String getValidationRmse() {
        return validationRmse;
    }

    public EpochProgress setValidationRmse(String validationRmse) {
        this.validationRmse = validationRmse;
        return this;
    }
}
