package dev.capstan.worker.train;

import dev.capstan.worker.data.Samples;
import dev.capstan.worker.model.Network;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

/** Measures a network on samples that it wasn't trained on. */
public final class Evaluation {
    private static final int BATCH = 500;

    private Evaluation() {}

    /**
     * The metrics by name: {@code accuracy}, the share of samples whose class got the largest output, and {@code loss},
     * the mean of the network's own loss function.
     */
    public static Map<String, Double> measure(Network network, Samples samples) {
        var order = IntStream.range(0, samples.size()).toArray();
        var schedule = new Schedule(samples.size(), BATCH, 1);
        double loss = 0;
        int right = 0;
        Batch arrays = null;
        for (int step = 0; step < schedule.stepsPerEpoch(); step++) {
            var range = schedule.batch(step);
            if (arrays == null || arrays.inputs().rows() != range.size()) {
                arrays = new Batch(range.size(), samples.shape(), network.classes());
            }
            arrays.fill(samples, order, range);
            loss += network.loss(arrays.inputs(), arrays.labels(), arrays.mask()) * range.size();
            var guesses =
                    network.output(arrays.inputs(), arrays.mask()).argMax(1).toIntVector();
            for (int i = 0; i < guesses.length; i++) {
                right += guesses[i] == samples.label(range.from() + i) ? 1 : 0;
            }
        }
        var metrics = new TreeMap<String, Double>();
        metrics.put("accuracy", (double) right / samples.size());
        metrics.put("loss", loss / samples.size());
        return metrics;
    }
}
