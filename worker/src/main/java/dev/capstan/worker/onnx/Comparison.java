package dev.capstan.worker.onnx;

import dev.capstan.worker.data.Samples;
import dev.capstan.worker.model.Answering;
import dev.capstan.worker.model.Network;
import dev.capstan.worker.model.NetworkAnswering;
import java.util.stream.IntStream;

/**
 * What two answer to the same samples, such as DL4J and ONNX Runtime.
 *
 * @param samples how many were asked
 * @param largestDifference between a number of the one and of the other
 * @param largestAnswer of the reference's numbers, by amount, at least 1: probabilities are compared as they are
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
     * Asks a network, and ONNX Runtime.
     *
     * @param session that has loaded the network's ONNX model
     * @param samples of which some are taken, from the first to the last
     */
    public static Comparison of(Network network, OnnxSession session, Samples samples) {
        return of(new NetworkAnswering(network), new OnnxAnswering(session, Signature.OWN), samples);
    }

    /**
     * Asks both.
     *
     * @param reference whose answers are right
     * @param samples of which some are taken, from the first to the last
     */
    public static Comparison of(Answering reference, Answering other, Samples samples) {
        int count = Math.min(samples.size(), MOST_SAMPLES);
        int most = Math.min(AT_ONCE, Math.min(reference.most(), other.most()));
        double difference = 0;
        double largest = 1;
        for (int from = 0; from < count; from += most) {
            var which = IntStream.range(from, Math.min(from + most, count))
                    .map(each -> (int) ((long) each * samples.size() / count))
                    .toArray();
            var expected = reference.question(samples, which).answer();
            var answer = other.question(samples, which).answer();
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

    /** Whether the one may stand for the other. */
    public boolean agrees() {
        return largestDifference <= MOST * largestAnswer;
    }
}
