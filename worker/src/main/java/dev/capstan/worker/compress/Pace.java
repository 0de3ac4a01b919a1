package dev.capstan.worker.compress;

/** Hears how far a part of the work is, and ends it when the worker is to stop. */
@FunctionalInterface
public interface Pace {
    /**
     * Called again and again, between two pieces of work.
     *
     * @param done what is done
     * @param of what there is to do; 0 while that isn't known
     * @throws dev.capstan.worker.outcome.Failure Terminated if the work is to end here
     */
    void at(long done, long of);
}
