package dev.capstan.worker.train;

import dev.capstan.protocol.Training;

/**
 * Which samples each step takes. It knows the number of workers only where it cuts a batch into shares: the batches
 * themselves are the same for any number.
 *
 * <p>Every sample is taken once an epoch. A last batch too small to be computed on its own joins the one before it, and
 * a batch too small for a share to each rank is shared out among fewer: the rest make the same step without samples.
 *
 * @param samples training samples, at least {@code fewest}
 * @param batchSize samples in a step over all workers, at least {@code fewest}; the last batch of an epoch may be
 *     smaller
 * @param epochs passes over the samples
 * @param fewest samples that a rank may compute on at once, as {@link dev.capstan.worker.model.Network#fewestSamples}
 */
public record Schedule(int samples, int batchSize, int epochs, int fewest) {
    /** A schedule of samples each of which can be computed on its own. */
    public Schedule(int samples, int batchSize, int epochs) {
        this(samples, batchSize, epochs, 1);
    }

    /**
     * Places in the epoch's order.
     *
     * @param from first one
     * @param to after the last one
     */
    public record Range(int from, int to) {
        /** Number of places, 0 or more. */
        public int size() {
            return to - from;
        }

        /** The part of one rank: parts differ by one at most, and may be empty. */
        public Range share(int rank, int ranks) {
            return part(rank, ranks);
        }

        /** The part of one rank, which is empty or at least that long. */
        public Range share(int rank, int ranks, int fewest) {
            int sharing = sharing(size(), ranks, fewest);
            return rank < sharing ? part(rank, sharing) : new Range(to, to);
        }

        private Range part(int rank, int ranks) {
            return new Range(
                    from + (int) ((long) size() * rank / ranks), from + (int) ((long) size() * (rank + 1) / ranks));
        }
    }

    /** The schedule of a training on so many samples. */
    public static Schedule of(int samples, Training training, int fewest) {
        return new Schedule(samples, training.batchSize(), training.epochs(), fewest);
    }

    /** How many ranks share a batch. Where any number of samples will do it is all, though some may get none. */
    private static int sharing(int samples, int ranks, int fewest) {
        return fewest == 1 ? ranks : Math.clamp(samples / fewest, 1, ranks);
    }

    /** The most samples that one rank of so many takes in a step. */
    public int largestShare(int ranks) {
        int full = Math.min(samples, batchSize);
        int last = batch(stepsPerEpoch() - 1).size();
        return Math.max(
                Math.ceilDiv(full, sharing(full, ranks, fewest)), Math.ceilDiv(last, sharing(last, ranks, fewest)));
    }

    /** The most samples that one rank of so many computes on at once, with its share in so many parts. */
    public int largestPart(int ranks, int parts) {
        int share = largestShare(ranks);
        return Math.ceilDiv(share, sharing(share, parts, fewest));
    }

    /** Steps in one epoch. */
    public int stepsPerEpoch() {
        int rest = samples % batchSize;
        return rest > 0 && (rest >= fewest || samples < batchSize) ? samples / batchSize + 1 : samples / batchSize;
    }

    /** Samples that an epoch's first steps take. */
    long samplesBefore(int step) {
        return step == 0 ? 0 : batch(step - 1).to();
    }

    /** Steps in all. */
    public long steps() {
        return (long) stepsPerEpoch() * epochs;
    }

    /** The batch of an epoch's step, which counts from 0. */
    public Range batch(int step) {
        int from = step * batchSize;
        return new Range(
                from, step == stepsPerEpoch() - 1 ? samples : (int) Math.min(samples, (long) from + batchSize));
    }
}
