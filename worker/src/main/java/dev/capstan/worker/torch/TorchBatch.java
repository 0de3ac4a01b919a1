package dev.capstan.worker.torch;

import dev.capstan.worker.step.Batch;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;

/**
 * Places that LibTorch and DL4J both read.
 *
 * @param places DL4J's, which keep the memory
 * @param parts which threads compute, one behind the other; as many as there are threads, or rows
 */
record TorchBatch(Batch places, List<Part> parts) implements Batch {
    /**
     * Some of the rows.
     *
     * @param rows how many
     * @param inputs samples by rows; likewise the others
     * @param mask null if samples are no sequences
     */
    record Part(int rows, Tensor inputs, Tensor targets, Tensor mask) {
        private static Part of(Part whole, long from, long to) {
            return new Part(
                    Math.toIntExact(to - from),
                    whole.inputs.narrow(0, from, to - from),
                    whole.targets.narrow(0, from, to - from),
                    whole.mask == null ? null : whole.mask.narrow(0, from, to - from));
        }
    }

    /** @param threads among which the rows are shared out */
    static TorchBatch of(Batch places, int threads) {
        long rows = places.rows();
        int count = (int) Math.min(threads, rows);
        var whole = new Part(
                places.rows(),
                tensor(places, places.inputs()),
                tensor(places, places.targets()),
                places.mask() == null ? null : tensor(places, places.mask()));
        return new TorchBatch(
                places,
                IntStream.range(0, count)
                        .mapToObj(i -> count == 1 ? whole : Part.of(whole, rows * i / count, rows * (i + 1) / count))
                        .toList());
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
