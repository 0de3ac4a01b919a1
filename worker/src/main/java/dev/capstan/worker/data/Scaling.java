package dev.capstan.worker.data;

import java.util.ArrayList;
import java.util.List;

/**
 * Standardization: a column's numbers less their mean, divided by their standard deviation.
 *
 * @param mean of each column of the training data
 * @param deviation the standard deviation of each, of the whole and not of a drawn sample; 1 where all numbers are
 *     alike
 */
public record Scaling(List<Double> mean, List<Double> deviation) {
    /** @throws IllegalArgumentException if that can't be done to a row */
    public Scaling {
        if (mean == null || deviation == null || mean.size() != deviation.size()) {
            throw new IllegalArgumentException("a scaling needs a mean and a deviation for each column");
        }
        if (deviation.stream().anyMatch(each -> !(each > 0 && Double.isFinite(each)))
                || mean.stream().anyMatch(each -> !Double.isFinite(each))) {
            throw new IllegalArgumentException("means must be finite, and deviations above 0");
        }
    }

    /**
     * Means and deviations while rows come in, after Welford 1962. The same rows in the same order give the same bits.
     */
    static final class Learner {
        private final double[] means;
        private final double[] squares;
        private long rows;

        Learner(int columns) {
            means = new double[columns];
            squares = new double[columns];
        }

        void add(float[] row) {
            rows++;
            for (int i = 0; i < means.length; i++) {
                double before = row[i] - means[i];
                means[i] += before / rows;
                squares[i] += before * (row[i] - means[i]);
            }
        }

        Scaling learned() {
            var mean = new ArrayList<Double>();
            var deviation = new ArrayList<Double>();
            for (int i = 0; i < means.length; i++) {
                double found = Math.sqrt(squares[i] / rows);
                mean.add(means[i]);
                // As float, which the network computes in, it must not be 0 either.
                deviation.add((float) found > Float.MIN_NORMAL ? found : 1);
            }
            return new Scaling(List.copyOf(mean), List.copyOf(deviation));
        }
    }
}
