package dev.capstan.worker.compress.quantize;

/**
 * What a tensor's values were, in memory that doesn't grow with them. A bin of the histogram is a power of two wide,
 * and all bins double when a value doesn't fit: so the histogram, and with it the range, is the same however the values
 * were cut into batches and whatever their order.
 */
final class Observer {
    private static final int BINS = 2048;

    private final long[] bins = new long[BINS];
    /** A bin is 2 to this power wide. */
    private int exponent;
    /** Whether anything but zeros was seen, so that the exponent means something. */
    private boolean scaled;

    private double min = Double.POSITIVE_INFINITY;
    private double max = Double.NEGATIVE_INFINITY;
    private long count;

    /** Takes values in; they must be finite. */
    void add(float[] values) {
        float least = 0;
        float greatest = 0;
        for (float value : values) {
            least = Math.min(least, value);
            greatest = Math.max(greatest, value);
        }
        min = Math.min(min, least);
        max = Math.max(max, greatest);
        count += values.length;
        fit(Math.max(-least, greatest));
        double inverse = Math.scalb(1.0, -exponent);
        for (float value : values) {
            bins[(int) (Math.abs(value) * inverse)]++;
        }
    }

    private void fit(double largest) {
        if (largest == 0) {
            return;
        }
        if (!scaled) {
            scaled = true;
            exponent = Math.getExponent(largest) + 1 - Integer.numberOfTrailingZeros(BINS);
        }
        while (largest >= Math.scalb((double) BINS, exponent)) {
            for (int bin = 0; bin < BINS; bin++) {
                bins[bin] = 2 * bin < BINS ? bins[2 * bin] + bins[2 * bin + 1] : 0;
            }
            exponent++;
        }
    }

    /** Number of values that were seen. */
    long count() {
        return count;
    }

    /** The range for an activation; nothing but 0 if nothing else was seen. */
    Range range(Calibration calibration) {
        if (!scaled) {
            return new Range(0, 0);
        }
        return switch (calibration) {
            case Calibration.MinMax _ -> new Range(min, max);
            case Calibration.Percentile percentile -> within(percentile(percentile.percent()));
            case Calibration.Entropy _ -> within(entropy());
        };
    }

    private Range within(double threshold) {
        return new Range(Math.max(min, -threshold), Math.min(max, threshold));
    }

    /**
     * The threshold by entropy, from a histogram no finer than its counts bear: of few values most bins are empty by
     * chance. Where even twice as many bins as integers are too many, nothing is cut off.
     */
    private double entropy() {
        // Values on one side of 0 have all integers there.
        int levels = min < 0 && max > 0 ? 128 : 256;
        var merged = bins;
        int power = exponent;
        while (count < 8L * merged.length && merged.length >= 2 * levels) {
            var wider = new long[merged.length / 2];
            for (int bin = 0; bin < merged.length; bin++) {
                wider[bin / 2] += merged[bin];
            }
            merged = wider;
            power++;
        }
        return merged.length < 2 * levels
                ? Double.POSITIVE_INFINITY
                : Math.scalb((double) Entropy.bins(merged, levels), power);
    }

    private double percentile(double percent) {
        long wanted = (long) Math.ceil(count * (percent / 100));
        long seen = 0;
        int bin = 0;
        while (seen < wanted) {
            seen += bins[bin++];
        }
        return Math.scalb((double) Math.max(bin, 1), exponent);
    }
}
