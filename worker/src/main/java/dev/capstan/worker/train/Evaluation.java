package dev.capstan.worker.train;

import dev.capstan.worker.data.Samples;
import dev.capstan.worker.data.Shape;
import dev.capstan.worker.step.Batch;
import dev.capstan.worker.step.Objective;
import dev.capstan.worker.step.Stage;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * Measures a network on samples that it wasn't trained on. It takes no more of them at once than a step of the training
 * did: that many are known to fit into memory.
 */
public final class Evaluation {
    private static final int MOST_AT_ONCE = 500;

    private Evaluation() {}

    /**
     * The metrics by name: {@code accuracy}, the share of samples whose class got the largest output, and {@code loss},
     * the mean of the network's own loss function. Both are sums over the samples, so how many are taken at once
     * changes no more than the loss's last digits.
     *
     * @param share the most samples that this rank took in a step of the training
     * @param meanwhile is run between two passes; what it throws ends the measuring
     */
    public static Map<String, Double> measure(Stage stage, Samples samples, int share, Runnable meanwhile) {
        var order = IntStream.range(0, samples.size()).toArray();
        var schedule = new Schedule(samples.size(), atOnce(share, samples.shape(), stage.classes()), 1);
        double loss = 0;
        int right = 0;
        var filler = new Filler(samples, Objective.CLASSES, stage.classes());
        Batch batch = null;
        for (int step = 0; step < schedule.stepsPerEpoch(); step++) {
            meanwhile.run();
            var range = schedule.batch(step);
            if (batch == null || batch.rows() != range.size()) {
                batch = stage.batch(range.size(), samples.shape());
            }
            filler.fill(batch, order, range);
            var answers = stage.answer(batch);
            loss += answers.loss() * range.size();
            var guesses = answers.classes();
            for (int i = 0; i < guesses.length; i++) {
                right += guesses[i] == samples.label(range.from() + i) ? 1 : 0;
            }
        }
        var metrics = new TreeMap<String, Double>();
        metrics.put("accuracy", (double) right / samples.size());
        metrics.put("loss", loss / samples.size());
        return metrics;
    }

    static int atOnce(int share, Shape shape, int classes) {
        return Math.clamp(Math.min(share, BatchLimit.mostRows(shape, classes)), 1, MOST_AT_ONCE);
    }
}
