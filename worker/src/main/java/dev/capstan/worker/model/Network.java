package dev.capstan.worker.model;

import dev.capstan.worker.step.Engine;
import java.util.BitSet;
import java.util.List;
import org.deeplearning4j.nn.api.Model;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A network that trains: one face for DL4J's two classes of networks. Its arrays are views of its own memory, the same
 * objects for its whole life.
 */
public interface Network extends Engine {
    /** All parameters, in a row of their own memory. */
    INDArray parameters();

    /** The last computed gradient, in the order of the parameters: a sum over samples, not a mean. */
    INDArray gradients();

    /** What the optimizer remembers, in a row; null if it remembers nothing. */
    INDArray updaterState();

    /**
     * Computes the gradient.
     *
     * @param inputs samples by their first dimension
     * @param labels one-hot classes, or the numbers to predict, by rows
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

    /** Number of outputs: of classes that are told apart, or of numbers that are predicted. */
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

    /** The same network as DL4J's own class, to be read. */
    Model dl4j();

    /** The dimensions in which it takes samples. */
    Form form();

    /** What it does to numbers on their way in and out, which are as tables have them. */
    Scales scaling();

    /** What the parameters mean. */
    Structure structure();

    /**
     * A network of the same weights without these outputs, and without all that made and took them; before its first
     * step, and with an optimizer that remembers nothing.
     *
     * @param removed of each of the structure's units, of which at least one is left; those that are fixed have none
     */
    Network without(List<BitSet> removed);
}
