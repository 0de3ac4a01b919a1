package dev.capstan.worker.onnx;

import dev.capstan.worker.data.Samples;
import dev.capstan.worker.data.Shape;
import dev.capstan.worker.model.Network;
import dev.capstan.worker.onnx.OnnxSession.Tensor;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * What DL4J and ONNX Runtime answer to the same samples.
 *
 * @param samples how many were asked
 * @param largestDifference between a number of the one and of the other
 * @param largestAnswer of DL4J's numbers, by amount, at least 1: probabilities are compared as they are
 */
public record Comparison(int samples, double largestDifference, double largestAnswer) {
    /**
     * What rounding in another order may do to a trained network, whose sums are larger than a fresh one's. What a
     * wrong operator does is larger by far.
     */
    private static final double MOST = 1e-4;

    /** All that is to be seen in one layer is seen in a few; more cost time at the end of a training. */
    private static final int MOST_SAMPLES = 64;

    /** Two fit into memory: no network trains here that hasn't been tried with as many. */
    private static final int AT_ONCE = 2;

    /**
     * Asks both.
     *
     * @param session that has loaded the network's ONNX model
     * @param samples of which some are taken, from the first to the last
     */
    public static Comparison of(Network network, OnnxSession session, Samples samples) {
        int count = Math.min(samples.size(), MOST_SAMPLES);
        double difference = 0;
        double largest = 1;
        for (int from = 0; from < count; from += AT_ONCE) {
            int rows = Math.min(AT_ONCE, count - from);
            var inputs = new float[rows * samples.inputs()];
            var mask = samples.shape() instanceof Shape.Tokens ? new float[inputs.length] : null;
            for (int i = 0; i < rows; i++) {
                int sample = (int) ((long) (from + i) * samples.size() / count);
                samples.copyInputs(sample, inputs, i * samples.inputs());
                for (int j = 0; mask != null && j < samples.length(sample); j++) {
                    mask[i * samples.inputs() + j] = 1;
                }
            }
            var expected = network.output(array(inputs, rows), mask == null ? null : array(mask, rows))
                    .dup('c')
                    .data()
                    .asFloat();
            var answer = session.run(Tensor.rows(inputs, rows)).values();
            if (answer.length != expected.length) {
                return new Comparison(count, Double.POSITIVE_INFINITY, largest);
            }
            for (int i = 0; i < expected.length; i++) {
                // Numbers that are none, on both sides, are no difference.
                if (Float.compare(expected[i], answer[i]) != 0) {
                    double apart = Math.abs((double) expected[i] - answer[i]);
                    difference = Math.max(difference, Double.isNaN(apart) ? Double.POSITIVE_INFINITY : apart);
                }
                largest = Math.max(largest, Float.isFinite(expected[i]) ? Math.abs(expected[i]) : 1);
            }
        }
        return new Comparison(count, difference, largest);
    }

    private static INDArray array(float[] values, int rows) {
        return Nd4j.createFromArray(values).reshape(rows, values.length / rows);
    }

    /** Whether the one may stand for the other. */
    public boolean agrees() {
        return largestDifference <= MOST * largestAnswer;
    }
}
