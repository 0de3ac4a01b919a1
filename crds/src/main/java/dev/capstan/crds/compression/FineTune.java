package dev.capstan.crds.compression;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.capstan.crds.Block;
import dev.capstan.crds.Bounds;
import dev.capstan.crds.EarlyStopping;
import dev.capstan.crds.GradientClipping;
import dev.capstan.crds.LearningRateSchedule;
import dev.capstan.crds.Optimizer;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.ValidationRule;

/** How what is left of a pruned model is trained. */
@ValidationRule(
        value = "!has(self.learningRateSchedule) || has(self.optimizer)",
        message =
                "fineTune.learningRateSchedule changes the learning rate of fineTune.optimizer: set an optimizer, or remove learningRateSchedule",
        fieldPath = ".learningRateSchedule")
@ValidationRule(
        value = "!has(self.earlyStopping) || has(self.validationSplit)",
        message =
                "fineTune.earlyStopping measures on fineTune.validationSplit: set validationSplit, such as 0.1, or remove earlyStopping",
        fieldPath = ".earlyStopping")
public class FineTune extends Block {
    public static final long DEFAULT_SEED = 0;

    @JsonPropertyDescription("epochs is the number of passes over the training data.")
    @Required
    @Min(1)
    @Max(100000)
    private Integer epochs;

    @JsonPropertyDescription(
            "batchSize is the number of samples in one step, over all workers together. At least workers.replicas.")
    @Required
    @Min(1)
    @Max(1048576)
    private Integer batchSize;

    @JsonPropertyDescription(
            "optimizer is the rule by which gradients become updates: exactly one of sgd, nesterov, adam, adamW, rmsProp, adaGrad. Default: the model's own.")
    private Optimizer optimizer;

    @JsonPropertyDescription(
            "seed determines the order of the samples and all else that is drawn. Default: " + DEFAULT_SEED + ".")
    @Min(-Bounds.MAX_SAFE_INTEGER)
    @Max(Bounds.MAX_SAFE_INTEGER)
    private Long seed;

    @JsonPropertyDescription(
            "learningRateSchedule says how the optimizer's learning rate changes; only with optimizer. Default: it stays as it is.")
    private LearningRateSchedule learningRateSchedule;

    @JsonPropertyDescription("gradientClipping bounds the mean gradient of the whole batch. Default: no bound.")
    private GradientClipping gradientClipping;

    @JsonPropertyDescription(
            "validationSplit is the share of data.train that is kept out of training and measured on after each epoch, drawn by the seed, above 0 and less than 1. Default: none is kept out.")
    @Min(value = 0, inclusive = false)
    @Max(value = 1, inclusive = false)
    private Double validationSplit;

    @JsonPropertyDescription(
            "earlyStopping ends training before the last epoch once the model gets no better; only with validationSplit. An empty object takes all of its defaults. Default: all epochs are trained.")
    private EarlyStopping earlyStopping;

    /** Passes over the training data. */
    public Integer getEpochs() {
        return epochs;
    }

    public FineTune setEpochs(Integer epochs) {
        this.epochs = epochs;
        return this;
    }

    /** Samples in one step over all workers together. */
    public Integer getBatchSize() {
        return batchSize;
    }

    public FineTune setBatchSize(Integer batchSize) {
        this.batchSize = batchSize;
        return this;
    }

    /** How gradients become updates, or null for what the model brings. */
    public Optimizer getOptimizer() {
        return optimizer;
    }

    public FineTune setOptimizer(Optimizer optimizer) {
        this.optimizer = optimizer;
        return this;
    }

    /** Seed of all that is drawn, or null. */
    public Long getSeed() {
        return seed;
    }

    public FineTune setSeed(Long seed) {
        this.seed = seed;
        return this;
    }

    /** Seed of all that is drawn. */
    public long seed() {
        return seed == null ? DEFAULT_SEED : seed;
    }

    /** How the learning rate changes, or null. */
    public LearningRateSchedule getLearningRateSchedule() {
        return learningRateSchedule;
    }

    public FineTune setLearningRateSchedule(LearningRateSchedule learningRateSchedule) {
        this.learningRateSchedule = learningRateSchedule;
        return this;
    }

    /** Bound of the gradient, or null. */
    public GradientClipping getGradientClipping() {
        return gradientClipping;
    }

    public FineTune setGradientClipping(GradientClipping gradientClipping) {
        this.gradientClipping = gradientClipping;
        return this;
    }

    /** Share of the training data that is measured on, or null. */
    public Double getValidationSplit() {
        return validationSplit;
    }

    public FineTune setValidationSplit(Double validationSplit) {
        this.validationSplit = validationSplit;
        return this;
    }

    /** Share of the training data that is measured on; 0 for none. */
    public double validationSplit() {
        return validationSplit == null ? 0.0 : validationSplit;
    }

    /** When to stop early, or null. */
    public EarlyStopping getEarlyStopping() {
        return earlyStopping;
    }

    public FineTune setEarlyStopping(EarlyStopping earlyStopping) {
        this.earlyStopping = earlyStopping;
        return this;
    }
}
