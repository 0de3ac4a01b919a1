package dev.capstan.worker.model;

import dev.capstan.worker.data.Shape;
import dev.capstan.worker.step.Batch;
import java.nio.FloatBuffer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Arrays of a fixed number of samples: making new ones for each step takes a fifth of a small one.
 *
 * @param inputArray samples by rows
 * @param targetArray classes by rows
 * @param maskArray 1 where a sample has a word, by rows; null if samples are no sequences
 * @param inputs the same as {@code inputArray}, as memory; likewise the others
 */
public record Dl4jBatch(
        INDArray inputArray,
        INDArray targetArray,
        INDArray maskArray,
        FloatBuffer inputs,
        FloatBuffer targets,
        FloatBuffer mask)
        implements Batch {
    /**
     * @param rows number of samples
     * @param shape what one sample is
     * @param classes number of output units
     */
    public static Dl4jBatch of(int rows, Shape shape, int classes) {
        var inputs = Nd4j.create(DataType.FLOAT, rows, shape.inputs());
        var targets = Nd4j.create(DataType.FLOAT, rows, classes);
        var mask = shape instanceof Shape.Tokens ? Nd4j.create(DataType.FLOAT, rows, shape.inputs()) : null;
        return new Dl4jBatch(
                inputs, targets, mask, memory(inputs), memory(targets), mask == null ? null : memory(mask));
    }

    private static FloatBuffer memory(INDArray array) {
        return Native.memory(array).asFloatBuffer();
    }

    @Override
    public int rows() {
        return inputArray.rows();
    }
}
