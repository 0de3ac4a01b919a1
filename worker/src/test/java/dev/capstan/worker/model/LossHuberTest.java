package dev.capstan.worker.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.impl.ActivationIdentity;
import org.nd4j.linalg.activations.impl.ActivationTanH;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class LossHuberTest {
    private static final INDArray LABELS = Nd4j.create(new double[][] {{0, 0}, {0, 1}});
    private static final INDArray OUTPUTS = Nd4j.create(new double[][] {{0.5, -3}, {1, 1}});

    /** As PyTorch's HuberLoss has it, whose threshold is 1 as well. */
    @Test
    void smallDifferencesCountBySquareAndLargeOnesByAmount() {
        var loss = new LossHuber();
        var scores = loss.computeScoreArray(LABELS, OUTPUTS, new ActivationIdentity(), null);
        assertArrayEquals(new double[] {(0.125 + 2.5) / 2, 0.5 / 2}, scores.toDoubleVector(), 1e-6);
        assertEquals(
                (0.125 + 2.5 + 0.5) / 4,
                loss.computeScore(LABELS, OUTPUTS, new ActivationIdentity(), null, true),
                1e-6);
    }

    @Test
    void theGradientIsThatOfTheScore() {
        var loss = new LossHuber();
        var activation = new ActivationTanH();
        var before = Nd4j.create(new double[][] {{0.3, -2}, {4, -0.1}}).castTo(DataType.DOUBLE);
        var labels = Nd4j.create(new double[][] {{0, 1.5}, {-3, 0}}).castTo(DataType.DOUBLE);
        var gradient = loss.computeGradient(labels, before.dup(), activation, null);
        double step = 1e-6;
        for (int i = 0; i < 2; i++) {
            for (int j = 0; j < 2; j++) {
                double slope = (score(loss, labels, before, i, j, step) - score(loss, labels, before, i, j, -step))
                        / (2 * step);
                assertEquals(slope, gradient.getDouble(i, j), 1e-6, i + ", " + j);
            }
        }
    }

    private static double score(LossHuber loss, INDArray labels, INDArray before, int i, int j, double step) {
        var moved = before.dup();
        moved.putScalar(i, j, moved.getDouble(i, j) + step);
        return loss.computeScore(labels, moved, new ActivationTanH(), null, false);
    }
}
