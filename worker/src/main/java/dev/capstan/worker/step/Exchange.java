package dev.capstan.worker.step;

/** Makes the gradient of a batch out of what ranks have computed of their shares. */
public interface Exchange {
    /** This rank. */
    int rank();

    /** Number of ranks that share a batch. */
    int ranks();

    /**
     * Replaces the gradient by its sum over all ranks, the same bits on each.
     *
     * @param loss of this rank's share
     * @return the sum of all losses
     */
    double sum(Flat gradient, double loss);
}
