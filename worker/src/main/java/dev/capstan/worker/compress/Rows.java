package dev.capstan.worker.compress;

import dev.capstan.worker.data.Samples;
import dev.capstan.worker.onnx.OnnxSession.Tensor;
import dev.capstan.worker.onnx.Signature;
import java.util.Iterator;
import java.util.Map;
import java.util.stream.IntStream;

/** Samples in batches. */
final class Rows {
    private Rows() {}

    /** So many samples, from one on; after the last one comes the first again. */
    static int[] which(Samples samples, int from, int count) {
        return IntStream.range(from, from + count)
                .map(each -> each % samples.size())
                .toArray();
    }

    /** The first samples, or all if there are fewer. */
    static Samples first(Samples samples, int most) {
        return most >= samples.size()
                ? samples
                : samples.subset(IntStream.range(0, most).toArray());
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
