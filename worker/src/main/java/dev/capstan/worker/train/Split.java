package dev.capstan.worker.train;

import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.data.SampleOrder;
import dev.capstan.worker.data.Samples;
import dev.capstan.worker.outcome.Failure;
import java.util.Arrays;

/**
 * What is trained on, and what is measured on after each epoch.
 *
 * @param validation null if nothing is kept for measuring
 */
public record Split(Samples training, Samples validation) {
    /**
     * Draws samples for measuring; which ones depends on their number and the seed alone.
     *
     * @param share of the samples, 0 to less than 1, rounded to whole samples
     * @throws Failure InvalidData if that leaves no sample for training or none for measuring
     */
    public static Split of(Samples samples, double share, long seed) {
        if (share == 0) {
            return new Split(samples, null);
        }
        int kept = (int) Math.round(share * samples.size());
        if (kept == 0 || kept == samples.size()) {
            throw new Failure(
                    Reason.InvalidData,
                    "training.validationSplit is " + share + " of " + samples.size() + " samples, which leaves "
                            + (kept == 0 ? "none to measure on" : "none to train on")
                            + "; both need at least one");
        }
        // Another seed than the epochs' orders have.
        var drawn = SampleOrder.of(samples.size(), ~seed, 0);
        return new Split(subset(samples, drawn, kept, drawn.length), subset(samples, drawn, 0, kept));
    }

    /** Sorted, because reading is fastest in the order in which samples lie. */
    private static Samples subset(Samples samples, int[] drawn, int from, int to) {
        var indices = Arrays.copyOfRange(drawn, from, to);
        Arrays.sort(indices);
        return samples.subset(indices);
    }
}
