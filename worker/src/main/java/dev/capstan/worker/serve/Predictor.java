package dev.capstan.worker.serve;

import java.util.List;
import java.util.Map;
import java.util.Set;

/** A model that is loaded. Any number of threads may ask it at once. */
public interface Predictor extends AutoCloseable {
    /** What it takes, in its order. */
    List<TensorSpec> inputs();

    /** What it gives, in its order. */
    List<TensorSpec> outputs();

    /**
     * Whether samples may be computed together: the first dimension of every input and output counts samples, and is
     * open.
     */
    boolean batches();

    /**
     * Computes.
     *
     * @param inputs by name: all that it takes, of the types and shapes of {@link #inputs}
     * @param outputs names of those that are wanted
     * @return these, by name
     * @throws RequestException INVALID if the inputs aren't the model's; INTERNAL if it fails, in the runtime's words
     */
    Map<String, Tensor> predict(Map<String, Tensor> inputs, Set<String> outputs);

    @Override
    void close();
}
