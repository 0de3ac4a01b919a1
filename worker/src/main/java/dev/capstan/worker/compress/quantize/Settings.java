package dev.capstan.worker.compress.quantize;

import java.util.Collections;
import java.util.Set;
import java.util.TreeSet;

/**
 * How a model is to be quantized.
 *
 * @param activations as uint8, either way
 * @param weights as int8, either way
 * @param granularity what shares a scale among weights
 * @param calibration how activations' ranges follow from the calibration data
 * @param weightRange how many of int8's values weights use
 * @param biasCorrection whether biases make up for the mean error of rounded weights (Nagel et al. 2019, "Data-Free
 *     Quantization through Weight Equalization and Bias Correction", section 4.2)
 * @param exempt names of layers that stay in float: of the node, of its output, or of a scope that holds the node
 * @param largestError what the quantized model's outputs may differ from the float one's on the calibration data, as
 *     root mean square in relation to theirs; a model that differs more isn't let through
 */
public record Settings(
        Scheme activations,
        Scheme weights,
        Granularity granularity,
        Calibration calibration,
        WeightRange weightRange,
        boolean biasCorrection,
        Set<String> exempt,
        double largestError) {

    /** @throws IllegalArgumentException if these don't go together */
    public Settings {
        exempt = Collections.unmodifiableSortedSet(new TreeSet<>(exempt));
        if (weights == Scheme.ASYMMETRIC && granularity == Granularity.CHANNEL) {
            throw new IllegalArgumentException(
                    "asymmetric weights by channel: the runtime's convolutions take one zero point for"
                            + " all channels; take symmetric weights, or asymmetric ones by tensor");
        }
        if (!(largestError > 0)) {
            throw new IllegalArgumentException(
                    "a largest error of " + largestError + ": it must be above 0, such as 0.5");
        }
    }

    /**
     * What suits most models: uint8 activations, symmetric int8 weights by channel, the whole range of what was seen.
     */
    public static Settings standard() {
        return new Settings(
                Scheme.ASYMMETRIC,
                Scheme.SYMMETRIC,
                Granularity.CHANNEL,
                new Calibration.MinMax(),
                WeightRange.AUTO,
                true,
                Set.of(),
                0.5);
    }

    public Settings withActivations(Scheme scheme) {
        return new Settings(
                scheme, weights, granularity, calibration, weightRange, biasCorrection, exempt, largestError);
    }

    public Settings withWeights(Scheme scheme, Granularity by) {
        return new Settings(activations, scheme, by, calibration, weightRange, biasCorrection, exempt, largestError);
    }

    public Settings withCalibration(Calibration by) {
        return new Settings(activations, weights, granularity, by, weightRange, biasCorrection, exempt, largestError);
    }

    public Settings withWeightRange(WeightRange range) {
        return new Settings(
                activations, weights, granularity, calibration, range, biasCorrection, exempt, largestError);
    }

    public Settings withBiasCorrection(boolean corrected) {
        return new Settings(
                activations, weights, granularity, calibration, weightRange, corrected, exempt, largestError);
    }

    public Settings withExempt(Set<String> names) {
        return new Settings(
                activations, weights, granularity, calibration, weightRange, biasCorrection, names, largestError);
    }

    public Settings withLargestError(double share) {
        return new Settings(activations, weights, granularity, calibration, weightRange, biasCorrection, exempt, share);
    }
}
