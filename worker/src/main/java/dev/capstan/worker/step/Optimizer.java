package dev.capstan.worker.step;

/** Turns gradients into updates. Learning rates follow its counts of steps and epochs. */
public interface Optimizer {
    /**
     * Updates the parameters by the gradient, and counts the step.
     *
     * @param samples over how many derivatives are sums
     */
    void update(int samples);

    /** Updates made since the training's beginning. */
    int step();

    /** Epochs completed. */
    int epoch();

    /** Counts a completed epoch. */
    void endEpoch();

    /** Takes up a kept training's counts. */
    void resume(int step, int epoch);
}
