package dev.capstan.worker.model;

import java.util.List;
import java.util.Optional;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A network that trains: one face for DL4J's two classes of networks. Its arrays are views of its own memory, the same
 * objects for its whole life.
 */
public interface Network {
    /** All parameters, in a row of their own memory. */
    INDArray parameters();

    /** The last computed gradient, in the order of the parameters: a sum over samples, not a mean. */
    INDArray gradients();

    /**
     * Views of those parts of {@link #gradients()} that are the derivative of the loss: all but {@link #statistics()}.
     */
    List<INDArray> slopes();

    /**
     * Views of those parts of {@link #gradients()} that are no derivative, but what batch normalization's running mean
     * and variance are about to lose: means over the samples and not sums, which the optimizer takes as they are.
     */
    List<INDArray> statistics();

    /** What the optimizer remembers, in a row; null if it remembers nothing. */
    INDArray updaterState();

    /**
     * Computes the gradient.
     *
     * @param inputs samples by their first dimension
     * @param labels one-hot classes by rows
     * @param mask 1 where a time step is one of the sample's, samples by time; null if all are
     * @return the mean loss a sample
     */
    double computeGradient(INDArray inputs, INDArray labels, INDArray mask);

    /**
     * Makes the update that {@link #gradients()} asks for, and counts the step.
     *
     * @param samples over how many the gradient is a sum
     */
    void update(int samples);

    /** The outputs, samples by rows; arguments as of {@link #computeGradient}. */
    INDArray output(INDArray inputs, INDArray mask);

    /** The mean loss a sample, without dropout and with the running statistics; arguments as there. */
    double loss(INDArray inputs, INDArray labels, INDArray mask);

    /**
     * The fewest samples that the gradient may be computed over at once: 2 if batch normalization gets one number of
     * each sample, whose variance over a single sample is 0; else 1.
     */
    int fewestSamples();

    /**
     * The output layer, in words, if its loss is no sum over samples, so that gradients over parts of a batch can't be
     * added up; empty if they can.
     */
    Optional<String> wholeBatchLoss();

    /** Number of classes that the output tells apart. */
    int classes();

    /** Fixes what the next gradient's dropout draws. */
    void seed(long seed);

    /** Updates made since the training's beginning. */
    int step();

    /** Epochs completed. */
    int epoch();

    /** Takes up a kept training's counts; parameters and updater state are taken up by writing them. */
    void resume(int step, int epoch);

    /** Counts a completed epoch. */
    void endEpoch();

    /** The configuration in DL4J's own JSON, with step and epoch. */
    String configuration();
}
