package dev.capstan.worker.compress;

import dev.capstan.worker.data.SampleOrder;
import dev.capstan.worker.data.Samples;
import dev.capstan.worker.onnx.OnnxSession.Tensor;
import dev.capstan.worker.onnx.Signature;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Map;
import java.util.stream.IntStream;

/** Samples in batches. */
final class Rows {
    /** Any; no other draw has it. */
    private static final long SEED = 0x63616c6962L;

    private Rows() {}

    /** So many samples, from one on; after the last one comes the first again. */
    static int[] which(Samples samples, int from, int count) {
        return IntStream.range(from, from + count)
                .map(each -> each % samples.size())
                .toArray();
    }

    /**
     * Samples from all over, the same ones each time; or all if there are no more. Folders of images lie class by
     * class, so the first ones would show one class, or a few.
     */
    static Samples drawn(Samples samples, int most) {
        return most >= samples.size()
                ? samples
                : samples.subset(Arrays.stream(SampleOrder.of(samples.size(), SEED, 0), 0, most)
                        .sorted()
                        .toArray());
    }

    /** All samples in batches as an ONNX model takes them, as often as they are asked for. */
    static Iterable<Map<String, Tensor>> batches(Samples samples, Signature signature, int size, Pace pace) {
        int most = Math.min(size, signature.most());
        return () -> new Iterator<>() {
            private int next;

            @Override
            public boolean hasNext() {
                return next < samples.size();
            }

            @Override
            public Map<String, Tensor> next() {
                pace.at(next, samples.size());
                int count = Math.min(most, samples.size() - next);
                var batch = signature.tensor(samples, which(samples, next, count));
                next += count;
                return Map.of(signature.input(), batch);
            }
        };
    }
}
