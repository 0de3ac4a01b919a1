package dev.capstan.worker.model;

import dev.capstan.worker.model.Structure.Tensor;
import dev.capstan.worker.step.Flat;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.BitSet;
import java.util.List;
import java.util.stream.IntStream;

/** What is left of a network's weights when outputs are taken away. */
final class Remainder {
    private Remainder() {}

    /** Copies all weights that are left. */
    static void copy(Structure from, Flat weights, Structure to, Flat target, List<BitSet> removed) {
        weights.inMemory(source -> target.inMemory(left -> {
            for (int i = 0; i < from.parts().size(); i++) {
                var before = from.parts().get(i).tensors();
                var after = to.parts().get(i).tensors();
                for (int j = 0; j < before.size(); j++) {
                    copy(before.get(j), floats(source), after.get(j), floats(left), removed);
                }
            }
            return null;
        }));
    }

    private static FloatBuffer floats(ByteBuffer bytes) {
        return bytes.duplicate().order(ByteOrder.nativeOrder()).asFloatBuffer();
    }

    private static void copy(Tensor from, FloatBuffer source, Tensor to, FloatBuffer target, List<BitSet> removed) {
        var kept = from.axes().stream().map(each -> each.kept(removed)).toList();
        copy(from, from.offset(), source, to, to.offset(), target, kept, 0);
    }

    private static void copy(
            Tensor from,
            int read,
            FloatBuffer source,
            Tensor to,
            int written,
            FloatBuffer target,
            List<int[]> kept,
            int dimension) {
        if (dimension == kept.size()) {
            target.put(written, source.get(read));
            return;
        }
        var indices = kept.get(dimension);
        int step = from.strides()[dimension];
        int stepWritten = to.strides()[dimension];
        IntStream.range(0, indices.length)
                .forEach(i -> copy(
                        from,
                        read + indices[i] * step,
                        source,
                        to,
                        written + i * stepWritten,
                        target,
                        kept,
                        dimension + 1));
    }
}
