package dev.capstan.protocol;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.List;

/** One thing that is done to a model to make it smaller. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
@JsonSubTypes({
    @JsonSubTypes.Type(value = CompressionStep.Prune.class, name = "prune"),
    @JsonSubTypes.Type(value = CompressionStep.Quantize.class, name = "quantize")
})
public sealed interface CompressionStep {
    /** Names of layers that the step leaves as they are. */
    List<String> exclude();

    /**
     * Takes weights away, those of the smallest magnitude.
     *
     * @param granularity what is taken away as a whole
     * @param norm magnitude of several weights; of a single one it is the absolute value either way
     * @param sparsityPercent share that goes, 1 to 99; 50 for {@link Granularity#TWO_OF_FOUR}
     * @param scope over what magnitudes are compared, and the share counts; LAYER for {@link Granularity#TWO_OF_FOUR}
     * @param exclude names of layers that stay whole; empty for none
     * @param fineTune how what is left is trained on, with the mask held; null for not at all
     */
    record Prune(
            Granularity granularity,
            Norm norm,
            int sparsityPercent,
            Scope scope,
            List<String> exclude,
            Training fineTune)
            implements CompressionStep {
        /** What is taken away as a whole. */
        public enum Granularity {
            /** Single weights, which become 0. */
            WEIGHT,
            /** Two of each four successive weights along an output's inputs, which become 0. */
            TWO_OF_FOUR,
            /** Neurons, channels, LSTM units, numbers of word vectors: the network becomes smaller. */
            UNIT
        }

        /** The magnitude of several weights. */
        public enum Norm {
            /** The sum of absolute values. */
            L1,
            /** The square root of the sum of squares. */
            L2
        }

        /** Over what magnitudes are compared. */
        public enum Scope {
            /** Each layer loses the same share of its own. */
            LAYER,
            /** All layers together lose the share. */
            GLOBAL
        }
    }

    /**
     * Turns weights and activations into integers of 8 bits; no other step comes after it.
     *
     * @param activations how activations are laid out: asymmetric as uint8, symmetric as int8
     * @param weights how weights are laid out, as int8 either way
     * @param granularity what shares a scale among weights; never CHANNEL with asymmetric weights
     * @param weightRange how many of int8's values weights use
     * @param calibration how activations' ranges are found
     * @param biasCorrection whether biases make up for the mean error of rounded weights
     * @param exclude names of layers that stay in float; empty for none
     * @param maxDrop by how much accuracy on the calibration samples may fall, such as 0.01 for one point: the most
     *     sensitive layers stay in float until it holds; null to quantize all layers
     */
    record Quantize(
            Scheme activations,
            Scheme weights,
            Granularity granularity,
            WeightRange weightRange,
            Calibration calibration,
            boolean biasCorrection,
            List<String> exclude,
            Double maxDrop)
            implements CompressionStep {
        /** How real numbers are laid out over the integers. */
        public enum Scheme {
            /** 0 in the middle. */
            SYMMETRIC,
            /** The whole range, wherever 0 lies in it. */
            ASYMMETRIC
        }

        /** What shares a scale among a layer's weights. */
        public enum Granularity {
            /** All of them. */
            TENSOR,
            /** Those of one output channel or neuron. */
            CHANNEL
        }

        /** How many of int8's values weights use. */
        public enum WeightRange {
            /** What the worker's CPU needs. */
            AUTO,
            /** All of them: for CPUs with VNNI, for Arm, and for GPUs. */
            FULL,
            /** 7 bits: right on every CPU. */
            REDUCED
        }
    }

    /**
     * How activations' ranges follow from what samples of the training data make them.
     *
     * @param method which way
     * @param percentile share of absolute values that is covered, above 50 to 100; 0 for the other methods
     * @param samples how many samples are looked at, from the training data's beginning; all if there are fewer
     */
    record Calibration(Method method, double percentile, int samples) {
        /** How a range follows from values. */
        public enum Method {
            /** From the least to the greatest. */
            MIN_MAX,
            /** What covers a share of them. */
            PERCENTILE,
            /** What keeps most of the distribution. */
            ENTROPY
        }
    }
}
