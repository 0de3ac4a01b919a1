package dev.capstan.worker.compress.quantize;

/**
 * The threshold that loses least information, after Migacz 2017, "8-bit Inference with TensorRT": for each candidate,
 * the distribution with its outliers put into the last bin is compared with the same, quantized to few levels.
 */
final class Entropy {
    private Entropy() {}

    /**
     * The number of bins, from 0, that the integers should cover.
     *
     * @param histogram of absolute values, the first bin from 0
     * @param levels of the integers on one side of 0
     */
    static int bins(long[] histogram, int levels) {
        var counts = histogram.clone();
        int used = counts.length;
        while (used > 1 && counts[used - 1] == 0) {
            used--;
        }
        // Zeros are met exactly by any scale; the many that a ReLU makes would outweigh all else (as in NVIDIA's own
        // pytorch-quantization).
        counts[0] = counts[1];
        int best = used;
        double least = Double.POSITIVE_INFINITY;
        long outliers = 0;
        for (int candidate = used; candidate >= levels; candidate--) {
            double divergence = divergence(counts, candidate, outliers, levels);
            if (divergence <= least) {
                least = divergence;
                best = candidate;
            }
            outliers += counts[candidate - 1];
        }
        return best;
    }

    /** The Kullback-Leibler divergence of the clipped distribution from its quantized form. */
    private static double divergence(long[] counts, int candidate, long outliers, int levels) {
        double total = outliers;
        double kept = 0;
        for (int bin = 0; bin < candidate; bin++) {
            kept += counts[bin];
        }
        total += kept;
        if (kept == 0) {
            return Double.POSITIVE_INFINITY;
        }
        double divergence = 0;
        for (int level = 0; level < levels; level++) {
            int from = (int) ((long) level * candidate / levels);
            int to = (int) ((long) (level + 1) * candidate / levels);
            double sum = 0;
            int filled = 0;
            for (int bin = from; bin < to; bin++) {
                sum += counts[bin];
                filled += counts[bin] > 0 ? 1 : 0;
            }
            for (int bin = from; bin < to; bin++) {
                double reference = counts[bin] + (bin == candidate - 1 ? outliers : 0);
                if (reference == 0) {
                    continue;
                }
                if (counts[bin] == 0) {
                    // Outliers fall where the quantized distribution has nothing.
                    return Double.POSITIVE_INFINITY;
                }
                double p = reference / total;
                divergence += p * Math.log(p / (sum / filled / kept));
            }
        }
        return divergence;
    }
}
