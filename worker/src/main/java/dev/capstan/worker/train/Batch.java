package dev.capstan.worker.train;

import dev.capstan.worker.data.Samples;
import dev.capstan.worker.model.Native;
import java.nio.FloatBuffer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Arrays of a fixed number of samples, filled anew for each step: making new ones takes a fifth of a small step. */
final class Batch {
    private final INDArray inputs;
    private final INDArray labels;
    private final FloatBuffer inputMemory;
    private final FloatBuffer labelMemory;
    private final float[] row;
    private final float[] oneHot;

    /**
     * @param rows number of samples
     * @param width numbers in one sample
     * @param classes number of output units
     */
    Batch(int rows, int width, int classes) {
        inputs = Nd4j.create(DataType.FLOAT, rows, width);
        labels = Nd4j.create(DataType.FLOAT, rows, classes);
        inputMemory = Native.memory(inputs).asFloatBuffer();
        labelMemory = Native.memory(labels).asFloatBuffer();
        row = new float[width];
        oneHot = new float[classes];
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
        }
    }

    /** Samples by rows. */
    INDArray inputs() {
        return inputs;
    }

    /** One-hot classes by rows. */
    INDArray labels() {
        return labels;
    }
}
