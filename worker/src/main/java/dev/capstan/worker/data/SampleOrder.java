package dev.capstan.worker.data;

import java.util.SplittableRandom;

/** In which order an epoch goes through the training samples. */
public final class SampleOrder {
    private SampleOrder() {}

    /**
     * A permutation of 0 to size - 1, the same on every rank and whatever the number of workers: a Fisher-Yates shuffle
     * (Durstenfeld 1964, Algorithm 235) whose random numbers depend on seed and epoch alone.
     *
     * @param epoch counted from 0
     */
    public static int[] of(int size, long seed, int epoch) {
        // A generator an epoch, so that an epoch's order doesn't depend on how often the ones before it drew.
        var seeds = new SplittableRandom(seed);
        for (int i = 0; i < epoch; i++) {
            seeds.nextLong();
        }
        var random = new SplittableRandom(seeds.nextLong());
        var order = new int[size];
        for (int i = 0; i < size; i++) {
            int j = random.nextInt(i + 1);
            order[i] = order[j];
            order[j] = i;
        }
        return order;
    }
}
