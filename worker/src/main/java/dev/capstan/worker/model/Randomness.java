package dev.capstan.worker.model;

/** What ND4J draws from. */
final class Randomness {
    private Randomness() {}

    /** The seed to give to ND4J for a job's: ND4J takes the clock for 0, by which no two ranks draw the same. */
    static long seed(long ofJob) {
        return ofJob == 0 ? Long.MIN_VALUE : ofJob;
    }
}
