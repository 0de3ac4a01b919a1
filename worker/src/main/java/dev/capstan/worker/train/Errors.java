package dev.capstan.worker.train;

import java.nio.ByteBuffer;

/** How far a model's numbers are from the right ones. */
final class Errors {
    private final double[] squares;
    private final double[] amounts;
    private final double[] means;
    /** Squares of the right numbers' distances to their mean so far, after Welford 1962. */
    private final double[] spread;

    private long samples;

    Errors(int numbers) {
        squares = new double[numbers];
        amounts = new double[numbers];
        means = new double[numbers];
        spread = new double[numbers];
    }

    void add(float[] right, float[] answers, int offset) {
        samples++;
        for (int i = 0; i < right.length; i++) {
            double error = (double) answers[offset + i] - right[i];
            squares[i] += error * error;
            amounts[i] += Math.abs(error);
            double before = right[i] - means[i];
            means[i] += before / samples;
            spread[i] += before * (right[i] - means[i]);
        }
    }

    /** How many bytes {@link #write} writes. */
    int bytes() {
        return Long.BYTES + 4 * Double.BYTES * squares.length;
    }

    void write(ByteBuffer out) {
        out.putLong(samples);
        for (var each : new double[][] {squares, amounts, means, spread}) {
            for (double number : each) {
                out.putDouble(number);
            }
        }
    }

    /** Adds what {@link #write} wrote of other samples; means and spreads as Chan, Golub and LeVeque 1979 do. */
    void add(ByteBuffer in) {
        long more = in.getLong();
        long all = samples + more;
        for (var each : new double[][] {squares, amounts}) {
            for (int i = 0; i < each.length; i++) {
                each[i] += in.getDouble();
            }
        }
        var apart = new double[means.length];
        for (int i = 0; i < means.length; i++) {
            apart[i] = in.getDouble() - means[i];
            means[i] += all == 0 ? 0 : apart[i] * ((double) more / all);
        }
        for (int i = 0; i < spread.length; i++) {
            double between = all == 0 ? 0 : apart[i] * apart[i] * samples * ((double) more / all);
            spread[i] += in.getDouble() + between;
        }
        samples = all;
    }

    /** Mean absolute error. */
    double mae() {
        double sum = 0;
        for (double each : amounts) {
            sum += each / samples;
        }
        return sum / amounts.length;
    }

    /** Root of the mean squared error, over all samples and all numbers that are predicted. */
    double rmse() {
        return Math.sqrt(sumOfSquares() / samples / squares.length);
    }

    /** The squared errors of all samples and all numbers that are predicted. */
    double sumOfSquares() {
        double sum = 0;
        for (double each : squares) {
            sum += each;
        }
        return sum;
    }

    /**
     * Coefficient of determination: 1 less the squared errors' share of the squared distances to the samples' mean. 1
     * is perfect, 0 as good as the mean. Of numbers that are all alike it is 1 if there are no errors, and else 0.
     */
    double r2() {
        double sum = 0;
        for (int i = 0; i < squares.length; i++) {
            sum += spread[i] > 0 ? 1 - squares[i] / spread[i] : squares[i] == 0 ? 1 : 0;
        }
        return sum / squares.length;
    }
}
