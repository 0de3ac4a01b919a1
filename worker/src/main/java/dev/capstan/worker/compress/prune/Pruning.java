package dev.capstan.worker.compress.prune;

/** What is taken away from a network, and how much of it. */
public sealed interface Pruning {
    /** Over what magnitudes are compared, and the share counts. */
    enum Scope {
        /** Each layer loses the same share of its own. */
        LAYER,
        /** All layers together lose the share: some may lose more of theirs than others. */
        GLOBAL
    }

    /** The magnitude of several weights. */
    enum Norm {
        /** The sum of absolute values. */
        L1,
        /** The square root of the sum of squares. */
        L2
    }

    /**
     * Single weights, those of the smallest absolute value: Han, Pool, Tran and Dally 2015, "Learning both Weights and
     * Connections for Efficient Neural Networks" (arXiv:1506.02626), by a share in place of their threshold. L1 and L2
     * are the same here. Biases and batch normalization's parameters stay. The network computes as much as before, and
     * is smaller only where zeros are stored compactly.
     *
     * @param percent of the weights, more than 0 and less than 100; never more than that is taken
     */
    record SingleWeights(Scope scope, double percent) implements Pruning {}

    /**
     * Of each {@code group} successive weights along the inputs of an output, those of the largest absolute value stay:
     * Mishra et al. 2021, "Accelerating Sparse Deep Neural Networks" (arXiv:2104.08378), whose sparse tensor cores take
     * 2 of 4. A convolution's inputs are its input channels, at each place of the kernel. A layer whose inputs don't
     * divide into groups is left whole, as is an embedding, in which nothing is summed over the inputs.
     *
     * @param kept how many stay of each group, at least 1
     * @param group how many there are, more than that
     */
    record Groups(int kept, int group) implements Pruning {}

    /**
     * Whole neurons of a dense layer, channels of a convolution, units of an LSTM or numbers of an embedding's vectors,
     * those of the smallest norm of all weights that make them: for convolutions, Li, Kadav, Durdanovic, Samet and Graf
     * 2017, "Pruning Filters for Efficient ConvNets" (arXiv:1608.08710). The network really gets smaller: with a unit
     * go its bias, its batch normalization, and the weights of all layers that take it up, for each pixel where an
     * image is flattened. An LSTM's unit goes with its column in all four gates, and with its row among the recurrent
     * weights. What a graph adds up goes together.
     *
     * <p>Left whole are the output layer, whose units are the classes; what goes through a softmax, in which each unit
     * depends on all; and what feeds a layer that isn't known to have an input of its own for each unit.
     *
     * <p>Over all layers, norms are compared by the weight: L1 is divided by the number of weights, L2 by its root;
     * otherwise layers of many inputs would keep all they have.
     *
     * @param percent of the units, more than 0 and less than 100; never more than that is taken
     */
    record WholeUnits(Norm norm, Scope scope, double percent) implements Pruning {}
}
