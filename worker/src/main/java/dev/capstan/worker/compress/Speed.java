package dev.capstan.worker.compress;

import dev.capstan.worker.data.Samples;
import dev.capstan.worker.onnx.OnnxSession;
import dev.capstan.worker.onnx.OnnxSession.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * How fast ONNX Runtime computes a model on one thread of this machine.
 *
 * @param p50Millis median time for one sample
 * @param p99Millis 99th percentile of the same
 * @param samplesPerSecond in batches of {@link #BATCH}, by the median time for one
 */
public record Speed(double p50Millis, double p99Millis, double samplesPerSecond) {
    /** Samples at once where throughput is measured. */
    public static final int BATCH = 64;

    private static final int ROUNDS = 20;
    private static final long WARM_NANOS = 300_000_000;
    private static final long ROUND_NANOS = 50_000_000;
    private static final int MOST_A_ROUND = 50;

    /**
     * Measures models side by side: what else happens on the machine meanwhile slows them down alike.
     *
     * @param samples what they are asked
     * @param pace told of every round
     * @return of each model, in their order
     */
    public static List<Speed> of(List<OnnxSession> models, Samples samples, Pace pace) {
        var one = Rows.of(samples, 0, 1);
        var many = Rows.of(samples, 0, BATCH);
        var single = new ArrayList<List<Long>>();
        var batched = new ArrayList<List<Long>>();
        for (var model : models) {
            pace.at(0, ROUNDS);
            times(model, one, WARM_NANOS, Integer.MAX_VALUE);
            times(model, many, WARM_NANOS, Integer.MAX_VALUE);
            single.add(new ArrayList<>());
            batched.add(new ArrayList<>());
        }
        for (int round = 0; round < ROUNDS; round++) {
            for (int i = 0; i < models.size(); i++) {
                pace.at(round, ROUNDS);
                single.get(i).addAll(times(models.get(i), one, ROUND_NANOS, MOST_A_ROUND));
                batched.get(i).addAll(times(models.get(i), many, ROUND_NANOS, MOST_A_ROUND));
            }
        }
        var speeds = new ArrayList<Speed>();
        for (int i = 0; i < models.size(); i++) {
            speeds.add(new Speed(
                    quantile(single.get(i), 0.5) / 1e6,
                    quantile(single.get(i), 0.99) / 1e6,
                    BATCH * 1e9 / quantile(batched.get(i), 0.5)));
        }
        return speeds;
    }

    /** What each run took, one at least. */
    private static List<Long> times(OnnxSession model, Tensor input, long nanos, int most) {
        var times = new ArrayList<Long>();
        long start = System.nanoTime();
        long before = start;
        do {
            model.run(input);
            long now = System.nanoTime();
            times.add(now - before);
            before = now;
        } while (before - start < nanos && times.size() < most);
        return times;
    }

    private static double quantile(List<Long> times, double share) {
        var sorted = times.stream().sorted().toList();
        return sorted.get((int) Math.min(sorted.size() - 1L, Math.floor(share * sorted.size())));
    }
}
