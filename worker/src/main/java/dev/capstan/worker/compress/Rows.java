package dev.capstan.worker.compress;

import dev.capstan.worker.data.Samples;
import dev.capstan.worker.onnx.OnnxExport;
import dev.capstan.worker.onnx.OnnxSession.Tensor;
import java.util.Iterator;
import java.util.Map;
import java.util.stream.IntStream;

/** Samples as ONNX models of networks take them: by rows, each as its numbers lie. */
final class Rows {
    private Rows() {}

    /** So many samples, from one on; after the last one comes the first again. */
    static Tensor of(Samples samples, int from, int count) {
        var values = new float[count * samples.inputs()];
        for (int i = 0; i < count; i++) {
            samples.copyInputs((from + i) % samples.size(), values, i * samples.inputs());
        }
        return Tensor.rows(values, count);
    }

    /** The first samples, or all if there are fewer. */
    static Samples first(Samples samples, int most) {
        return most >= samples.size()
                ? samples
                : samples.subset(IntStream.range(0, most).toArray());
    }

    /** All samples in batches, as often as they are asked for. */
    static Iterable<Map<String, Tensor>> batches(Samples samples, int size, Pace pace) {
        return () -> new Iterator<>() {
            private int next;

            @Override
            public boolean hasNext() {
                return next < samples.size();
            }

            @Override
            public Map<String, Tensor> next() {
                pace.at(next, samples.size());
                int count = Math.min(size, samples.size() - next);
                var batch = of(samples, next, count);
                next += count;
                return Map.of(OnnxExport.INPUT, batch);
            }
        };
    }
}
