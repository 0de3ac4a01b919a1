package dev.capstan.protocol;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.List;

/**
 * How to train.
 *
 * @param epochs passes over the training data
 * @param batchSize samples in one step over all workers together
 * @param optimizer how gradients become updates; null for the one that the model brings
 * @param schedule how the learning rate changes; null for not at all
 * @param l1 factor of the sum of the weights' absolute values in the loss; 0 for none
 * @param l2 factor of half the sum of the weights' squares in the loss; 0 for none
 * @param clipping bound of the gradient; null for none
 * @param validationSplit share of the training data that is kept for measuring, 0 to less than 1
 * @param earlyStopping when to stop before the last epoch; null for never
 * @param classWeights how much each class counts in the loss; null for all alike
 * @param seed of the initial weights, of the samples' order and of all else that is drawn
 * @param engine what computes the steps; null for whatever is faster
 * @param accumulateSteps in how many parts a worker computes its share of a batch, one after the other, before the one
 *     update; null for one
 * @param wire how gradients are sent; null for encrypted, and as they are
 */
public record Training(
        int epochs,
        int batchSize,
        Optimizer optimizer,
        Schedule schedule,
        double l1,
        double l2,
        Clipping clipping,
        double validationSplit,
        EarlyStopping earlyStopping,
        ClassWeights classWeights,
        long seed,
        Engine engine,
        Integer accumulateSteps,
        Wire wire) {

    /** By whatever engine is faster, each share at once. */
    public Training(
            int epochs,
            int batchSize,
            Optimizer optimizer,
            Schedule schedule,
            double l1,
            double l2,
            Clipping clipping,
            double validationSplit,
            EarlyStopping earlyStopping,
            ClassWeights classWeights,
            long seed) {
        this(
                epochs,
                batchSize,
                optimizer,
                schedule,
                l1,
                l2,
                clipping,
                validationSplit,
                earlyStopping,
                classWeights,
                seed,
                null,
                null,
                null);
    }

    /** The same by another engine; null for whatever is faster. */
    public Training by(Engine other) {
        return new Training(
                epochs,
                batchSize,
                optimizer,
                schedule,
                l1,
                l2,
                clipping,
                validationSplit,
                earlyStopping,
                classWeights,
                seed,
                other,
                accumulateSteps,
                wire);
    }

    /** The same with shares in so many parts; null for one. */
    public Training inParts(Integer parts) {
        return new Training(
                epochs,
                batchSize,
                optimizer,
                schedule,
                l1,
                l2,
                clipping,
                validationSplit,
                earlyStopping,
                classWeights,
                seed,
                engine,
                parts,
                wire);
    }

    /** The same with gradients sent in another way; null for encrypted, and as they are. */
    public Training over(Wire other) {
        return new Training(
                epochs,
                batchSize,
                optimizer,
                schedule,
                l1,
                l2,
                clipping,
                validationSplit,
                earlyStopping,
                classWeights,
                seed,
                engine,
                accumulateSteps,
                other);
    }

    /** In how many parts a worker computes its share of a batch. */
    public int parts() {
        return accumulateSteps == null ? 1 : accumulateSteps;
    }

    /** What computes gradients. */
    public enum Engine {
        /** LibTorch, where DL4J has the parameters. */
        LIBTORCH,
        /** DL4J itself. */
        DEEPLEARNING4J
    }

    /**
     * How the learning rate changes.
     *
     * @param decay after the warm-up; null for constant
     * @param warmupSteps steps over which it rises from 0 in a straight line; 0 for none
     */
    public record Schedule(Decay decay, int warmupSteps) {}

    /** How the learning rate falls from epoch to epoch; epochs count from 0. */
    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
    @JsonSubTypes({
        @JsonSubTypes.Type(value = Decay.Step.class, name = "step"),
        @JsonSubTypes.Type(value = Decay.Exponential.class, name = "exponential"),
        @JsonSubTypes.Type(value = Decay.Polynomial.class, name = "polynomial")
    })
    public sealed interface Decay {
        /** rate × factor^floor(epoch / everyEpochs). */
        record Step(int everyEpochs, double factor) implements Decay {}

        /** rate × factor^epoch. */
        record Exponential(double factor) implements Decay {}

        /** rate × (1 − epoch / epochs)^power. */
        record Polynomial(double power) implements Decay {}
    }

    /**
     * Bounds the mean gradient of the whole batch; exactly one is above 0.
     *
     * @param maxNorm largest Euclidean norm of the whole gradient (Pascanu et al. 2013, arXiv:1211.5063)
     * @param maxValue largest absolute value of each of its numbers
     */
    public record Clipping(double maxNorm, double maxValue) {}

    /**
     * @param metric what is watched, measured on the validation split after each epoch
     * @param patience epochs without an improvement after which training stops
     * @param minDelta what counts as an improvement
     * @param restoreBest whether the artifact holds the best epoch's parameters rather than the last one's
     */
    public record EarlyStopping(Metric metric, int patience, double minDelta, boolean restoreBest) {
        /** A measure of a model. */
        public enum Metric {
            /** Smaller is better. */
            LOSS,
            /** Larger is better. */
            ACCURACY
        }
    }

    /**
     * @param balanced whether each class counts by samples / (classes × samples of the class)
     * @param values a factor for each class; null if balanced
     */
    public record ClassWeights(boolean balanced, List<Double> values) {}
}
