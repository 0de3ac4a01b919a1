package dev.capstan.worker.model;

import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.lossfunctions.ILossFunction;
import org.nd4j.linalg.lossfunctions.LossUtil;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * Huber 1964, with a threshold of 1: half the square of small differences, and the absolute value less one half of
 * those above 1, so that outliers pull no harder than others. The mean over a sample's outputs, as DL4J's mean squared
 * and mean absolute error are. DL4J has no such loss; a configuration names this class.
 */
public final class LossHuber implements ILossFunction {
    private static final double THRESHOLD = 1;

    private static INDArray differences(INDArray labels, INDArray preOutput, IActivation activation) {
        if (!labels.equalShapes(preOutput)) {
            throw new IllegalArgumentException("there are labels of the shape " + labels.shapeInfoToString()
                    + " for outputs of " + preOutput.shapeInfoToString());
        }
        return activation.getActivation(preOutput.dup(), true).subi(labels.castTo(preOutput.dataType()));
    }

    /** Differences as far as they count with their square. */
    private static INDArray clipped(INDArray differences) {
        return Transforms.max(Transforms.min(differences, THRESHOLD, true), -THRESHOLD, false);
    }

    private static INDArray scores(INDArray labels, INDArray preOutput, IActivation activation, INDArray mask) {
        var differences = differences(labels, preOutput, activation);
        var small = clipped(differences);
        // |d| - |c| + c²/2, where c is the difference d or the threshold.
        var scores = Transforms.abs(differences, true)
                .subi(Transforms.abs(small, true))
                .addi(small.mul(small).muli(0.5));
        scores.divi(scores.size(1));
        if (mask != null) {
            LossUtil.applyMask(scores, mask);
        }
        return scores;
    }

    @Override
    public double computeScore(
            INDArray labels, INDArray preOutput, IActivation activation, INDArray mask, boolean average) {
        var scores = scores(labels, preOutput, activation, mask);
        double sum = scores.sumNumber().doubleValue();
        return average ? sum / scores.size(0) : sum;
    }

    @Override
    public INDArray computeScoreArray(INDArray labels, INDArray preOutput, IActivation activation, INDArray mask) {
        return scores(labels, preOutput, activation, mask).sum(true, 1);
    }

    @Override
    public INDArray computeGradient(INDArray labels, INDArray preOutput, IActivation activation, INDArray mask) {
        var slopes = clipped(differences(labels, preOutput, activation));
        slopes.divi(slopes.size(1));
        if (mask != null && LossUtil.isPerOutputMasking(slopes, mask)) {
            LossUtil.applyMask(slopes, mask);
        }
        var gradient = activation.backprop(preOutput, slopes).getFirst();
        if (mask != null) {
            LossUtil.applyMask(gradient, mask);
        }
        return gradient;
    }

    @Override
    public Pair<Double, INDArray> computeGradientAndScore(
            INDArray labels, INDArray preOutput, IActivation activation, INDArray mask, boolean average) {
        return new Pair<>(
                computeScore(labels, preOutput, activation, mask, average),
                computeGradient(labels, preOutput, activation, mask));
    }

    @Override
    public String name() {
        return toString();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof LossHuber;
    }

    @Override
    public int hashCode() {
        return LossHuber.class.hashCode();
    }

    @Override
    public String toString() {
        return "LossHuber()";
    }
}
