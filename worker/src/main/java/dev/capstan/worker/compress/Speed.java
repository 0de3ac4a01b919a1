package dev.capstan.worker.compress;

import dev.capstan.worker.data.Samples;
import dev.capstan.worker.model.Answering;
import dev.capstan.worker.model.Answering.Question;
import java.util.ArrayList;
import java.util.List;

/**
 * How fast a model is computed on one thread of this machine.
 *
 * @param p50Millis median time for one sample
 * @param p99Millis 99th percentile of the same
 * @param samplesPerSecond in batches, by the median time for one
 * @param batch samples in such a batch
 */
public record Speed(double p50Millis, double p99Millis, double samplesPerSecond, int batch) {
    /** Samples at once where throughput is measured, if a model takes as many. */
    private static final int BATCH = 64;

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
    public static List<Speed> of(List<? extends Answering> models, Samples samples, Pace pace) {
        int batch = models.stream().mapToInt(Answering::most).reduce(BATCH, Math::min);
        var one = new ArrayList<Question>();
        var many = new ArrayList<Question>();
        var single = new ArrayList<List<Long>>();
        var batched = new ArrayList<List<Long>>();
        for (var model : models) {
            pace.at(0, ROUNDS);
            one.add(model.question(samples, Rows.which(samples, 0, 1)));
            many.add(model.question(samples, Rows.which(samples, 0, batch)));
            times(one.getLast(), WARM_NANOS, Integer.MAX_VALUE);
            times(many.getLast(), WARM_NANOS, Integer.MAX_VALUE);
            single.add(new ArrayList<>());
            batched.add(new ArrayList<>());
        }
        for (int round = 0; round < ROUNDS; round++) {
            for (int i = 0; i < models.size(); i++) {
                pace.at(round, ROUNDS);
                single.get(i).addAll(times(one.get(i), ROUND_NANOS, MOST_A_ROUND));
                batched.get(i).addAll(times(many.get(i), ROUND_NANOS, MOST_A_ROUND));
            }
        }
        var speeds = new ArrayList<Speed>();
        for (int i = 0; i < models.size(); i++) {
            speeds.add(new Speed(
                    quantile(single.get(i), 0.5) / 1e6,
                    quantile(single.get(i), 0.99) / 1e6,
                    batch * 1e9 / quantile(batched.get(i), 0.5),
                    batch));
        }
        return speeds;
    }

    /** What each run took, one at least. */
    private static List<Long> times(Question question, long nanos, int most) {
        var times = new ArrayList<Long>();
        long start = System.nanoTime();
        long before = start;
        do {
            question.answer();
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
