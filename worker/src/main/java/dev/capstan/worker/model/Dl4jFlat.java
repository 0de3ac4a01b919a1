package dev.capstan.worker.model;

import dev.capstan.worker.step.Flat;
import dev.capstan.worker.step.Mask;
import dev.capstan.worker.step.Slice;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.IntBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** An array of DL4J's, in memory. */
final class Dl4jFlat implements Flat {
    private final INDArray array;
    private final Map<Slice, INDArray> views = new HashMap<>();
    /** Null until somebody asks. */
    private ByteBuffer memory;

    Dl4jFlat(INDArray array) {
        this.array = array;
    }

    @Override
    public long length() {
        return array.length();
    }

    @Override
    public <T> T inMemory(Function<ByteBuffer, T> work) {
        if (memory == null) {
            memory = Native.memory(array);
        }
        return work.apply(memory.duplicate().order(ByteOrder.nativeOrder()));
    }

    @Override
    public double norm(Slice slice) {
        return view(slice).norm2Number().doubleValue();
    }

    @Override
    public void scale(Slice slice, double factor) {
        view(slice).muli(factor);
    }

    @Override
    public void clamp(Slice slice, double largest) {
        Nd4j.getExecutioner()
                .exec(DynamicCustomOp.builder("clipbyvalue")
                        .addInputs(view(slice))
                        .callInplace(true)
                        .addFloatingPointArguments(-largest, largest)
                        .build());
    }

    private INDArray view(Slice slice) {
        return views.computeIfAbsent(
                slice,
                each -> array.reshape(array.length())
                        .get(NDArrayIndex.interval(each.offset(), each.offset() + each.length())));
    }

    @Override
    public void clear() {
        array.assign(0);
    }

    @Override
    public void zero(Mask mask) {
        if (mask.length() != length()) {
            throw new IllegalArgumentException(
                    "a mask of " + mask.length() + " parameters doesn't fit " + length() + " numbers");
        }
        inMemory(floats -> {
            zero(floats.asIntBuffer(), mask.words());
            return null;
        });
    }

    /** By whole words, in a loop that the compiler makes vector instructions of: it is run twice a step. */
    private static void zero(IntBuffer bits, long[] words) {
        var block = new int[Long.SIZE];
        for (int i = 0; i < words.length; i++) {
            long zeros = words[i];
            if (zeros == 0) {
                continue;
            }
            int from = i * Long.SIZE;
            int count = Math.min(Long.SIZE, bits.limit() - from);
            bits.get(from, block, 0, count);
            for (int j = 0; j < count; j++) {
                block[j] &= (int) (zeros >>> j & 1) - 1;
            }
            bits.put(from, block, 0, count);
        }
    }

    @Override
    public Flat copy() {
        return new Dl4jFlat(array.dup());
    }

    @Override
    public void set(Flat other) {
        array.assign(((Dl4jFlat) other).array.reshape(array.shape()));
    }

    @Override
    public void add(Flat other) {
        array.addi(((Dl4jFlat) other).array.reshape(array.shape()));
    }

    @Override
    public void write(OutputStream out) throws IOException {
        var data = new DataOutputStream(out);
        Nd4j.write(array, data);
        data.flush();
    }

    @Override
    public void read(InputStream in) throws IOException {
        var values = Nd4j.read(new DataInputStream(in));
        if (values.length() != array.length()) {
            throw new IOException("there are " + values.length() + " numbers, the model has " + array.length());
        }
        array.assign(values.reshape(array.shape()));
    }
}
