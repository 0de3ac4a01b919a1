package dev.capstan.worker.train;

import dev.capstan.worker.data.Samples;
import dev.capstan.worker.data.Shape;
import dev.capstan.worker.step.Batch;
import dev.capstan.worker.step.Objective;
import dev.capstan.worker.step.Stage;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Measures a network on samples that it wasn't trained on. It takes no more of them at once than a step of the training
 * did: that many are known to fit into memory.
 */
public final class Evaluation {
    private static final int MOST_AT_ONCE = 500;

    private Evaluation() {}

    /**
     * What was measured.
     *
     * @param sum of the network's own loss function, over all samples
     * @param samples how many
     * @param scores what its answers are worth
     */
    public record Result(double sum, long samples, Scores scores) {
        /** The mean of the network's own loss function. */
        public double loss() {
            return sum / samples;
        }

        /** All measures by name: {@code loss} and the {@link Scores#metrics}. */
        public Map<String, Double> metrics() {
            var metrics = scores.metrics();
            metrics.put("loss", loss());
            return metrics;
        }
    }

    /** The metrics by name, see {@link #of}. */
    public static Map<String, Double> measure(Stage stage, Samples samples, int share, Runnable meanwhile) {
        return of(stage, samples, share, meanwhile).metrics();
    }

    /**
     * Measures the network. Everything is a sum over the samples, so how many are taken at once changes no more than
     * last digits.
     *
     * @param share the most samples that this rank took in a step of the training
     * @param meanwhile is run between two passes; what it throws ends the measuring
     */
    public static Result of(Stage stage, Samples samples, int share, Runnable meanwhile) {
        var order = IntStream.range(0, samples.size()).toArray();
        var schedule = new Schedule(samples.size(), atOnce(share, samples.shape(), stage.classes()), 1);
        double loss = 0;
        var scores = Scores.of(samples, stage.classes());
        var filler = new Filler(samples, Objective.TARGETS, stage.classes());
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
            for (int i = 0; i < range.size(); i++) {
                scores.add(samples, range.from() + i, answers.classes()[i], answers.outputs(), i * stage.classes());
            }
        }
        return new Result(loss, samples.size(), scores);
    }

    static int atOnce(int share, Shape shape, int classes) {
        return Math.clamp(Math.min(share, BatchLimit.mostRows(shape, classes)), 1, MOST_AT_ONCE);
    }
}
