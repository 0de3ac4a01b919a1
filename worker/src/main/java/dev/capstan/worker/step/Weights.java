package dev.capstan.worker.step;

/** What is done to gradient and parameters of a step besides the optimizer's update. */
public interface Weights {
    /**
     * Changes the gradient before the optimizer sees it.
     *
     * @param gradient of the whole batch
     * @param samples in the batch, over which derivatives are sums
     */
    default void reduced(Flat gradient, int samples) {}

    /** Changes the parameters after the optimizer has updated them. */
    default void updated(Flat parameters) {}
}
