package dev.capstan.worker.artifact;

import java.util.Arrays;

/**
 * How numbers are spread, told in one pass and in memory that doesn't grow: mean and variance after Welford 1962, and a
 * histogram whose bins are as wide as the smallest power of two by which {@value #BINS} of them hold all. Bins begin at
 * multiples of their width, so two of them make one of the next width, and the histogram is the same in whatever order
 * the numbers come.
 */
final class Spread {
    static final int BINS = 32;

    private final long[] counts = new long[BINS];
    /** Width of a bin. The first is that of the smallest number there is. */
    private double width = Float.MIN_VALUE;
    /** The first bin's place, in widths from 0: the smallest number lies in it. */
    private double first;

    private long size;
    private float min = Float.POSITIVE_INFINITY;
    private float max = Float.NEGATIVE_INFINITY;
    private double mean;
    private double squares;

    /**
     * The numbers of a column or channel.
     *
     * @param name of the column or channel
     * @param variance over all of them, not an estimate from a sample
     */
    record Column(String name, double min, double max, double mean, double variance, Histogram histogram) {}

    /**
     * How many numbers lie where.
     *
     * @param from where the first bin begins
     * @param width of a bin
     * @param counts by bins, of which each holds its lower and not its upper end; the last one isn't empty
     */
    record Histogram(double from, double width, long[] counts) {}

    /** Takes a number that is one. */
    void add(float number) {
        // Zero has no sign here: with one, its place would depend on which zero came first.
        float value = number + 0f;
        size++;
        double apart = value - mean;
        mean += apart / size;
        squares += apart * (value - mean);
        if (value < min || value > max || size == 1) {
            reach(value);
        }
        // Divided by a power of two, a float stays exact in a double.
        counts[(int) (Math.floor(value / width) - first)]++;
    }

    /** Makes bins for a number that lies beyond the others. */
    private void reach(float value) {
        min = Math.min(min, value);
        max = Math.max(max, value);
        while (Math.floor(max / width) - Math.floor(min / width) >= BINS) {
            widen();
        }
        beginAt(Math.floor(min / width));
    }

    private void beginAt(double place) {
        if (size > 1 && place < first) {
            int by = (int) (first - place);
            System.arraycopy(counts, 0, counts, by, BINS - by);
            Arrays.fill(counts, 0, by, 0);
        }
        first = place;
    }

    private void widen() {
        double wider = Math.floor(first / 2);
        var merged = new long[BINS];
        for (int i = 0; i < BINS; i++) {
            if (counts[i] > 0) {
                merged[(int) (Math.floor((first + i) / 2) - wider)] += counts[i];
            }
        }
        System.arraycopy(merged, 0, counts, 0, BINS);
        first = wider;
        width *= 2;
    }

    /** What was taken, of which there must be some. */
    Column column(String name) {
        int bins = (int) (Math.floor(max / width) - first) + 1;
        return new Column(
                name, min, max, mean, squares / size, new Histogram(first * width, width, Arrays.copyOf(counts, bins)));
    }
}
