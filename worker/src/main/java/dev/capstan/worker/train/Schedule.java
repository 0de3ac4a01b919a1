package dev.capstan.worker.train;

import dev.capstan.protocol.Training;

/**
 * Which samples each step takes. It knows the number of workers only where it cuts a batch into shares: the batches
 * themselves are the same for any number.
 *
 * @param samples training samples, at least 1
 * @param batchSize samples in a step over all workers; the last batch of an epoch may be smaller
 * @param epochs passes over the samples
 */
public record Schedule(int samples, int batchSize, int epochs) {
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
            return new Range(
                    from + (int) ((long) size() * rank / ranks), from + (int) ((long) size() * (rank + 1) / ranks));
        }
    }

    /** The schedule of a training on so many samples. */
    public static Schedule of(int samples, Training training) {
        return new Schedule(samples, training.batchSize(), training.epochs());
    }

    /** The most samples that one rank of so many takes in a step. */
    public int largestShare(int ranks) {
        return Math.ceilDiv(Math.min(samples, batchSize), ranks);
    }

    /** Steps in one epoch. */
    public int stepsPerEpoch() {
        return Math.ceilDiv(samples, batchSize);
    }

    /** Steps in all. */
    public long steps() {
        return (long) stepsPerEpoch() * epochs;
    }

    /** The batch of an epoch's step, which counts from 0. */
    public Range batch(int step) {
        int from = step * batchSize;
        return new Range(from, (int) Math.min(samples, (long) from + batchSize));
    }
}
