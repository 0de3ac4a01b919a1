package dev.capstan.crds.training;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.capstan.crds.Block;
import dev.capstan.crds.Bounds;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;

/** How long, how fast and from which seed to train. */
public class Training extends Block {
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
            "optimizer is the rule by which gradients become updates: exactly one of sgd, nesterov, adam.")
    @Required
    private Optimizer optimizer;

    @JsonPropertyDescription(
            "seed determines the initial weights and the order of the samples: with the same data, image, number of workers and kind of processor, the same seed gives the same model, byte for byte. Default: "
                    + TrainingDefaults.SEED + ".")
    @Min(-Bounds.MAX_SAFE_INTEGER)
    @Max(Bounds.MAX_SAFE_INTEGER)
    private Long seed;

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

    /** How gradients become updates. */
    public Optimizer getOptimizer() {
        return optimizer;
    }

    public Training setOptimizer(Optimizer optimizer) {
        this.optimizer = optimizer;
        return this;
    }

    /** Seed of weights and order, or null. */
    public Long getSeed() {
        return seed;
    }

    public Training setSeed(Long seed) {
        this.seed = seed;
        return this;
    }
}
