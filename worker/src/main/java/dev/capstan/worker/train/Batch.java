package dev.capstan.worker.train;

import dev.capstan.worker.data.Samples;
import dev.capstan.worker.model.Native;
import dev.capstan.worker.model.Network;
import java.nio.FloatBuffer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Arrays of a fixed number of samples, filled anew for each step: making new ones takes a fifth of a small step. */
final class Batch {
    private final INDArray inputs;
    private final INDArray labels;
    private final INDArray mask;
    private final FloatBuffer inputMemory;
    private final FloatBuffer labelMemory;
    private final FloatBuffer maskMemory;
    private final float[] row;
    private final float[] oneHot;
    private final float[] valid;

    /**
     * @param network that the arrays are for
     * @param rows number of samples
     * @param width numbers in one sample
     */
    Batch(Network network, int rows, int width) {
        this(rows, width, network.classes(), network.sequences());
    }

    /**
     * @param rows number of samples
     * @param width numbers in one sample
     * @param classes number of output units
     * @param sequences whether samples are sequences of words
     */
    Batch(int rows, int width, int classes, boolean sequences) {
        inputs = Nd4j.create(DataType.FLOAT, rows, width);
        labels = Nd4j.create(DataType.FLOAT, rows, classes);
        inputMemory = Native.memory(inputs).asFloatBuffer();
        labelMemory = Native.memory(labels).asFloatBuffer();
        row = new float[width];
        oneHot = new float[classes];
        mask = sequences ? Nd4j.create(DataType.FLOAT, rows, width) : null;
        maskMemory = sequences ? Native.memory(mask).asFloatBuffer() : null;
        valid = new float[sequences ? width : 0];
    }

    /** Fills the arrays with the samples at these places of the order. */
    void fill(Samples samples, int[] order, Schedule.Range places) {
        for (int i = 0; i < places.size(); i++) {
            int sample = order[places.from() + i];
            samples.copyInputs(sample, row, 0);
            inputMemory.put(i * row.length, row);
            oneHot[samples.label(sample)] = 1;
            labelMemory.put(i * oneHot.length, oneHot);
            oneHot[samples.label(sample)] = 0;
            if (mask != null) {
                fillMask(i);
            }
        }
    }

    /** What is filled up with zeros is no part of the sample; an empty one keeps a first word, or it had no last. */
    private void fillMask(int place) {
        for (int i = 0; i < row.length; i++) {
            valid[i] = row[i] == 0 ? 0 : 1;
        }
        valid[0] = 1;
        maskMemory.put(place * valid.length, valid);
    }

    /** Samples by rows. */
    INDArray inputs() {
        return inputs;
    }

    /** One-hot classes by rows. */
    INDArray labels() {
        return labels;
    }

    /** 1 where a sample has a word, by rows; null if samples are no sequences. */
    INDArray mask() {
        return mask;
    }
}
