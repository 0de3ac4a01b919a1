package dev.capstan.crds.training;

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

/** How long, how fast and from which seed to train. */
@ValidationRule(
        value = "!has(self.learningRateSchedule) || has(self.optimizer)",
        message =
                "training.learningRateSchedule changes the learning rate of training.optimizer: set an optimizer, or remove learningRateSchedule",
        fieldPath = ".learningRateSchedule")
@ValidationRule(
        value = "!has(self.earlyStopping) || has(self.validationSplit)",
        message =
                "training.earlyStopping measures on training.validationSplit: set validationSplit, such as 0.1, or remove earlyStopping",
        fieldPath = ".earlyStopping")
@ValidationRule(
        value = "!has(self.accumulateSteps) || self.accumulateSteps <= self.batchSize",
        message =
                "training.accumulateSteps is in how many parts a batch of training.batchSize samples is computed: it must be at most batchSize",
        fieldPath = ".accumulateSteps")
public class Training extends Block {
    public static final long DEFAULT_SEED = 0;
    public static final int DEFAULT_ACCUMULATE_STEPS = 1;
    public static final double DEFAULT_L1 = 0;
    public static final double DEFAULT_L2 = 0;

    @JsonPropertyDescription("epochs is the number of passes over the training data.")
    @Required
    @Min(1)
    @Max(100000)
    private Integer epochs;

    @JsonPropertyDescription(
            "batchSize is the number of samples in one step, over all workers together: the result does not depend on the number of workers, but for rounding. At least workers.replicas.")
    @Required
    @Min(1)
    @Max(1048576)
    private Integer batchSize;

    @JsonPropertyDescription(
            "accumulateSteps is in how many parts each worker computes its share of a batch, one after the other; their gradients are added up before the one update. It takes less memory, and the result is that of the batch in one part, but for rounding: batchSize stays the number of samples in an update. Batch normalization normalizes each part by itself. Default: "
                    + DEFAULT_ACCUMULATE_STEPS + ".")
    @Min(1)
    @Max(1048576)
    private Integer accumulateSteps;

    @JsonPropertyDescription(
            "optimizer is the rule by which gradients become updates: exactly one of sgd, nesterov, adam, adamW, rmsProp, adaGrad. Required with model.layers and model.torchScript. Default: the model's own, with model.dl4j and model.from.")
    private Optimizer optimizer;

    @JsonPropertyDescription(
            "seed determines the initial weights, the order of the samples and all else that is drawn: with the same data, image, number of workers and kind of processor, the same seed gives the same model, byte for byte. Default: "
                    + DEFAULT_SEED + ".")
    @Min(-Bounds.MAX_SAFE_INTEGER)
    @Max(Bounds.MAX_SAFE_INTEGER)
    private Long seed;

    @JsonPropertyDescription(
            "learningRateSchedule says how the optimizer's learning rate changes; only with optimizer. Default: it stays as it is.")
    private LearningRateSchedule learningRateSchedule;

    @JsonPropertyDescription(
            "l1 is the factor of the sum of the absolute values of the weights that is added to the loss; only with model.layers. Default: "
                    + DEFAULT_L1 + ".")
    @Min(0)
    @Max(1000)
    private Double l1;

    @JsonPropertyDescription(
            "l2 is the factor of half the sum of the squares of the weights that is added to the loss; only with model.layers. Default: "
                    + DEFAULT_L2 + ".")
    @Min(0)
    @Max(1000)
    private Double l2;

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

    @JsonPropertyDescription(
            "classWeights says how much each class counts in the loss; only with model.layers and loss mcxent. Default: all samples count alike.")
    private ClassWeights classWeights;

    @JsonPropertyDescription(
            "engine is what computes the steps: LibTorch, which is faster for all but small trainings but takes 2 to 3 s to start; Deeplearning4j, which computes every model; or Auto, the faster of those that compute the model. The model is Deeplearning4j's in either case. A job goes on with the engine that it began with; which one that is, and why, is in status.progress.engine. Default: Auto.")
    private Engine engine;

    /** Passes over the training data. */
    public Integer getEpochs() {
        return epochs;
    }

    public Training setEpochs(Integer epochs) {
        this.epochs = epochs;
        return this;
    }

    /** Samples in one step over all workers together. */
    public Integer getBatchSize() {
        return batchSize;
    }

    public Training setBatchSize(Integer batchSize) {
        this.batchSize = batchSize;
        return this;
    }

    /** In how many parts a worker computes its share of a batch, or null. */
    public Integer getAccumulateSteps() {
        return accumulateSteps;
    }

    public Training setAccumulateSteps(Integer accumulateSteps) {
        this.accumulateSteps = accumulateSteps;
        return this;
    }

    /** In how many parts a worker computes its share of a batch. */
    public int accumulateSteps() {
        return accumulateSteps == null ? DEFAULT_ACCUMULATE_STEPS : accumulateSteps;
    }

    /** How gradients become updates, or null for what the model brings. */
    public Optimizer getOptimizer() {
        return optimizer;
    }

    public Training setOptimizer(Optimizer optimizer) {
        this.optimizer = optimizer;
        return this;
    }

    /** Seed of all that is drawn, or null. */
    public Long getSeed() {
        return seed;
    }

    public Training setSeed(Long seed) {
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

    public Training setLearningRateSchedule(LearningRateSchedule learningRateSchedule) {
        this.learningRateSchedule = learningRateSchedule;
        return this;
    }

    /** Factor of the absolute weights, or null. */
    public Double getL1() {
        return l1;
    }

    public Training setL1(Double l1) {
        this.l1 = l1;
        return this;
    }

    /** Factor of the sum of the absolute weights in the loss. */
    public double l1() {
        return l1 == null ? DEFAULT_L1 : l1;
    }

    /** Factor of the squared weights, or null. */
    public Double getL2() {
        return l2;
    }

    public Training setL2(Double l2) {
        this.l2 = l2;
        return this;
    }

    /** Factor of half the sum of the squared weights in the loss. */
    public double l2() {
        return l2 == null ? DEFAULT_L2 : l2;
    }

    /** Bound of the gradient, or null. */
    public GradientClipping getGradientClipping() {
        return gradientClipping;
    }

    public Training setGradientClipping(GradientClipping gradientClipping) {
        this.gradientClipping = gradientClipping;
        return this;
    }

    /** Share of the training data that is measured on, or null. */
    public Double getValidationSplit() {
        return validationSplit;
    }

    public Training setValidationSplit(Double validationSplit) {
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

    public Training setEarlyStopping(EarlyStopping earlyStopping) {
        this.earlyStopping = earlyStopping;
        return this;
    }

    /** How much each class counts, or null. */
    public ClassWeights getClassWeights() {
        return classWeights;
    }

    public Training setClassWeights(ClassWeights classWeights) {
        this.classWeights = classWeights;
        return this;
    }

    /** What computes the steps, or null. */
    public Engine getEngine() {
        return engine;
    }

    public Training setEngine(Engine engine) {
        this.engine = engine;
        return this;
    }

    /** What computes the steps. */
    public Engine engine() {
        return engine == null ? Engine.AUTO : engine;
    }
}
