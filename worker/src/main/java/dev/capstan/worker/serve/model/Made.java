package dev.capstan.worker.serve.model;

import dev.capstan.worker.serve.DataType;
import dev.capstan.worker.serve.Tensor;
import dev.capstan.worker.serve.TensorSpec;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;

/** Inputs of our own making, to find out whether a model answers and how. Drawn, so that no two rows are alike. */
final class Made {
    private final SplittableRandom random = new SplittableRandom(42);

    /**
     * A tensor that a model takes.
     *
     * @param samples the first dimension, if that is open
     * @param open every other dimension that is
     */
    Tensor tensor(TensorSpec spec, int samples, int open) {
        var shape = spec.shape().clone();
        for (int i = 0; i < shape.length; i++) {
            if (shape[i] < 0) {
                shape[i] = i == 0 ? samples : open;
            }
        }
        int elements = Math.toIntExact(Request.elements(shape));
        return new Tensor(spec.type(), shape, data(spec.type(), elements));
    }

    private ByteBuffer data(DataType type, int elements) {
        if (type == DataType.BYTES) {
            var texts = ByteBuffer.allocate(elements * (Integer.BYTES + 1)).order(ByteOrder.LITTLE_ENDIAN);
            for (int i = 0; i < elements; i++) {
                texts.putInt(1).put(String.valueOf(random.nextInt(10)).getBytes(StandardCharsets.UTF_8));
            }
            return texts.flip();
        }
        var data =
                ByteBuffer.allocate(Math.multiplyExact(elements, type.size())).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < elements; i++) {
            put(data, type);
        }
        return data.flip();
    }

    /** Whole numbers are 0 or 1: they may be places in a table, and every table has these. */
    private void put(ByteBuffer data, DataType type) {
        switch (type) {
            case FP16 -> data.putShort(Float.floatToFloat16(random.nextFloat()));
            case FP32 -> data.putFloat(random.nextFloat());
            case FP64 -> data.putDouble(random.nextFloat());
            case BOOL, UINT8, INT8 -> data.put((byte) random.nextInt(2));
            case UINT16, INT16 -> data.putShort((short) random.nextInt(2));
            case UINT32, INT32 -> data.putInt(random.nextInt(2));
            case UINT64, INT64 -> data.putLong(random.nextInt(2));
            case BYTES -> throw new IllegalArgumentException("texts have a length each");
        }
    }
}
