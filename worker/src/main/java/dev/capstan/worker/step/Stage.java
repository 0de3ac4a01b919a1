package dev.capstan.worker.step;

import dev.capstan.worker.data.Shape;
import java.util.List;
import java.util.Optional;

/** Computes what a model answers, and the gradient of its loss. */
public interface Stage {
    /** All parameters. */
    Flat parameters();

    /** The gradient that was computed last. */
    Flat gradient();

    /** What parameters and gradient consist of, from the first to the last number. */
    List<Slice> slices();

    /**
     * Whose one of the parameters is, and of its gradient, as messages name it: {@code layer1 (OutputLayer, W)}.
     *
     * @param place counted from 0
     */
    String owner(long place);

    /** Number of outputs: of classes that are told apart, or of numbers that are predicted. */
    int classes();

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

    /** Places for so many samples of a shape. */
    Batch batch(int rows, Shape shape);

    /**
     * Computes the gradient.
     *
     * @param batch that {@link #batch} gave
     * @param seed of all that is drawn meanwhile
     * @return the mean loss a sample
     */
    double computeGradient(Batch batch, long seed);

    /** What the model answers when it is used, without dropout and with the running statistics. */
    Answers answer(Batch batch);

    /**
     * @param loss the mean a sample
     * @param classes the one with the largest output, of each sample
     * @param outputs all outputs, sample by sample
     */
    record Answers(double loss, int[] classes, float[] outputs) {}
}
