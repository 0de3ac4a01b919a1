package dev.capstan.worker.train;

import dev.capstan.worker.data.Samples;
import dev.capstan.worker.data.Shape;
import dev.capstan.worker.model.Native;
import java.nio.FloatBuffer;
import java.util.Arrays;
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
     * @param rows number of samples
     * @param shape what one sample is
     * @param classes number of output units
     */
    Batch(int rows, Shape shape, int classes) {
        int width = shape.inputs();
        boolean sequences = shape instanceof Shape.Tokens;
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

    /** The most rows that a buffer of less than 2 GiB can show of each array; 0 if not even one. */
    static int mostRows(Shape shape, int classes) {
        return Integer.MAX_VALUE / Float.BYTES / Math.max(shape.inputs(), classes);
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
                fillMask(i, samples.length(sample));
            }
        }
    }

    private void fillMask(int place, int length) {
        Arrays.fill(valid, 0, length, 1);
        Arrays.fill(valid, length, valid.length, 0);
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
