package dev.capstan.bench;

import dev.capstan.bench.CompressionMethod.Made;
import dev.capstan.worker.artifact.PinnedDeflater;
import dev.capstan.worker.data.Samples;
import dev.capstan.worker.onnx.OnnxFile;
import dev.capstan.worker.onnx.OnnxSession;
import dev.capstan.worker.onnx.OnnxSession.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.DeflaterOutputStream;
import onnx.Onnx.ModelProto;

/**
 * What a model is like as it is stored and served: the same files, the same runtime, one thread, whatever it went
 * through.
 *
 * @param bytes of its ONNX file
 * @param deflated of that file, deflated as an archive's entries are
 * @param archive bytes of DL4J's archive, in which a job stores it; 0 if it is in integers, which that can't hold
 * @param accuracy share of the test samples whose class it finds
 */
record CompressionMeasured(long bytes, long deflated, long archive, double accuracy) {
    private static final int BATCH = 64;
    private static final int SINGLE_RUNS = 400;
    private static final int BATCH_RUNS = 60;
    private static final int WARM_UP_RUNS = 20;

    /**
     * @param p50 microseconds that half of the calls of one sample take at most
     * @param p99 and that 99 of 100 do
     * @param throughput samples a second, 64 a call
     */
    record Speed(double p50, double p99, double throughput) {}

    /** What doesn't depend on the machine's load. */
    static CompressionMeasured of(Made made, CompressionModel model) throws IOException {
        var file = new ByteArrayOutputStream();
        OnnxFile.write(made.onnx(), file);
        var deflated = new ByteArrayOutputStream();
        try (var out = new DeflaterOutputStream(deflated, new PinnedDeflater())) {
            file.writeTo(out);
        }
        long archive = made.network() == null ? 0 : model.archive(made.network());
        try (var session = OnnxSession.of(made.onnx())) {
            return new CompressionMeasured(file.size(), deflated.size(), archive, accuracy(session, model.test()));
        }
    }

    private static double accuracy(OnnxSession session, Samples test) {
        int right = 0;
        for (int from = 0; from < test.size(); from += BATCH) {
            int rows = Math.min(BATCH, test.size() - from);
            var answers = session.run(inputs(test, from, rows));
            int classes = (int) answers.shape()[1];
            for (int i = 0; i < rows; i++) {
                right += largest(answers.values(), i * classes, classes) == test.label(from + i) ? 1 : 0;
            }
        }
        return (double) right / test.size();
    }

    private static int largest(float[] values, int from, int count) {
        int largest = 0;
        for (int i = 1; i < count; i++) {
            largest = values[from + i] > values[from + largest] ? i : largest;
        }
        return largest;
    }

    private static Tensor inputs(Samples samples, int from, int rows) {
        var values = new float[rows * samples.inputs()];
        for (int i = 0; i < rows; i++) {
            samples.copyInputs(from + i, values, i * samples.inputs());
        }
        return Tensor.rows(values, rows);
    }

    /**
     * How fast two models are, both loaded anew and warmed up: where their numbers come to lie in memory makes several
     * percent. Each call of the one is followed by one of the other.
     *
     * @param count how many times
     */
    static List<CompressionRow.Pair> pairs(ModelProto before, ModelProto after, Samples samples, int count) {
        var pairs = new ArrayList<CompressionRow.Pair>();
        for (int i = 0; i < count; i++) {
            try (var one = OnnxSession.of(before);
                    var other = OnnxSession.of(after)) {
                nanos(one, other, inputs(samples, 0, BATCH), WARM_UP_RUNS);
                pairs.add(pair(one, other, samples));
            }
        }
        return pairs;
    }

    private static CompressionRow.Pair pair(OnnxSession before, OnnxSession after, Samples samples) {
        var single = nanos(before, after, inputs(samples, 0, 1), SINGLE_RUNS);
        var batch = nanos(before, after, inputs(samples, 0, BATCH), BATCH_RUNS);
        return new CompressionRow.Pair(speed(single[0], batch[0]), speed(single[1], batch[1]));
    }

    private static Speed speed(long[] single, long[] batch) {
        return new Speed(
                percentile(single, 50) / 1e3, percentile(single, 99) / 1e3, BATCH / (percentile(batch, 50) / 1e9));
    }

    private static long[][] nanos(OnnxSession before, OnnxSession after, Tensor input, int runs) {
        var nanos = new long[2][runs];
        for (int i = 0; i < runs; i++) {
            nanos[0][i] = nanos(before, input);
            nanos[1][i] = nanos(after, input);
        }
        Arrays.sort(nanos[0]);
        Arrays.sort(nanos[1]);
        return nanos;
    }

    private static long nanos(OnnxSession session, Tensor input) {
        long start = System.nanoTime();
        session.run(input);
        return System.nanoTime() - start;
    }

    private static double percentile(long[] sorted, int percent) {
        return sorted[(sorted.length - 1) * percent / 100];
    }
}
