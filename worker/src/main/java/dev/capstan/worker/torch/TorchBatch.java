package dev.capstan.worker.torch;

import dev.capstan.worker.step.Batch;
import java.nio.FloatBuffer;
import org.bytedeco.pytorch.Tensor;

/**
 * Places that LibTorch and DL4J both read.
 *
 * @param places DL4J's, which keep the memory
 * @param inputTensor samples by rows; likewise the others
 * @param maskTensor null if samples are no sequences
 */
record TorchBatch(Batch places, Tensor inputTensor, Tensor targetTensor, Tensor maskTensor) implements Batch {
    static TorchBatch of(Batch places) {
        return new TorchBatch(places, tensor(places, places.inputs()), tensor(places, places.targets()), mask(places));
    }

    private static Tensor mask(Batch places) {
        return places.mask() == null ? null : tensor(places, places.mask());
    }

    private static Tensor tensor(Batch places, FloatBuffer floats) {
        return Memory.of(floats, places.rows(), floats.capacity() / places.rows());
    }

    @Override
    public int rows() {
        return places.rows();
    }

    @Override
    public FloatBuffer inputs() {
        return places.inputs();
    }

    @Override
    public FloatBuffer targets() {
        return places.targets();
    }

    @Override
    public FloatBuffer mask() {
        return places.mask();
    }
}
