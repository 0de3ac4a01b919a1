package dev.capstan.bench.serving;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/**
 * ONNX Runtime by itself, on one thread of a process of its own: {@code floor.py} in Java. Its arguments are models; a
 * line {@code MODEL BATCH SECONDS} is answered by {@code SAMPLES_PER_SECOND P50_MILLIS P99_MILLIS}.
 */
final class FloorProcess {
    private FloorProcess() {}

    public static void main(String[] arguments) throws IOException, OrtException {
        var environment = OrtEnvironment.getEnvironment();
        var sessions = new ArrayList<OrtSession>();
        try (var options = new SessionOptions()) {
            options.setIntraOpNumThreads(1);
            options.setInterOpNumThreads(1);
            for (var each : arguments) {
                sessions.add(environment.createSession(each, options));
            }
        }
        var in = new BufferedReader(new InputStreamReader(System.in));
        for (var line = in.readLine(); line != null; line = in.readLine()) {
            var words = line.split(" ");
            var session = sessions.get(Integer.parseInt(words[0]));
            var load = measure(environment, session, Integer.parseInt(words[1]), Double.parseDouble(words[2]));
            System.out.printf(Locale.ROOT, "%.1f %.4f %.4f%n", load.perSecond(), load.p50(), load.p99());
        }
    }

    private static Load measure(OrtEnvironment environment, OrtSession session, int batch, double seconds)
            throws OrtException {
        int width = 784;
        var rows = ByteBuffer.allocateDirect(batch * width * Float.BYTES).order(ByteOrder.nativeOrder());
        var random = new Random(1);
        while (rows.hasRemaining()) {
            rows.putFloat(random.nextFloat());
        }
        var latencies = new Load.Latencies();
        long begin = System.nanoTime() + 200_000_000;
        long end = begin + (long) (seconds * 1e9);
        long spent = 0;
        int count = 0;
        for (long now = 0; now < end || count == 0; ) {
            long start = System.nanoTime();
            try (var input = OnnxTensor.createTensor(
                            environment, rows.rewind().asFloatBuffer(), new long[] {batch, width});
                    var output = session.run(Map.of("input", input), Set.of("output"))) {
                now = System.nanoTime();
            }
            if (start >= begin) {
                latencies.add(now - start);
                spent += now - start;
                count++;
            }
        }
        var load = latencies.over(Duration.ofNanos(spent));
        return new Load((double) count * batch * 1e9 / spent, load.p50(), load.p99());
    }
}
