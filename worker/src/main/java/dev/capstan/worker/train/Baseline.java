package dev.capstan.worker.train;

import dev.capstan.worker.data.Samples;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** What is reached without any model: by always telling the commonest class of the training data, or the mean. */
public final class Baseline {
    private Baseline() {}

    /**
     * The measure by name: {@code baselineAccuracy}, or {@code baselineRmse} where numbers are predicted.
     *
     * @param training from which commonest class or means are
     * @param measured on which a model is measured, too
     * @param outputs number of classes, or of numbers to predict
     */
    public static Map<String, Double> of(Samples training, Samples measured, int outputs) {
        return training.targets() == 0
                ? Map.of("baselineAccuracy", accuracy(training, measured, outputs))
                : Map.of("baselineRmse", rmse(means(training), measured));
    }

    /**
     * That a model does no better; empty if it does, or nobody knows.
     *
     * @param metrics of the model by name, and those of {@link #of}
     */
    public static Optional<String> caveat(Map<String, Double> metrics) {
        double accuracy = reached(metrics, "accuracy", "validationAccuracy");
        if (accuracy <= metrics.getOrDefault("baselineAccuracy", Double.NaN)) {
            return Optional.of(String.format(
                    Locale.ROOT,
                    "it tells no more samples right than whoever always tells the commonest class: accuracy %.4f, and"
                            + " %.4f without a model",
                    accuracy,
                    metrics.get("baselineAccuracy")));
        }
        double rmse = reached(metrics, "rmse", "validationRmse");
        if (rmse >= metrics.getOrDefault("baselineRmse", Double.NaN)) {
            return Optional.of(String.format(
                    Locale.ROOT,
                    "it predicts no better than whoever always tells the mean of the training data: root of the mean"
                            + " squared error %.6g, and %.6g without a model",
                    rmse,
                    metrics.get("baselineRmse")));
        }
        return Optional.empty();
    }

    /** On the test data, or else on the validation split; NaN if nothing was measured. */
    private static double reached(Map<String, Double> metrics, String test, String validation) {
        return metrics.getOrDefault(test, metrics.getOrDefault(validation, Double.NaN));
    }

    private static double accuracy(Samples training, Samples measured, int classes) {
        var counts = new int[classes];
        int commonest = 0;
        for (int i = 0; i < training.size(); i++) {
            counts[training.label(i)]++;
        }
        for (int i = 1; i < classes; i++) {
            commonest = counts[i] > counts[commonest] ? i : commonest;
        }
        int right = 0;
        for (int i = 0; i < measured.size(); i++) {
            right += measured.label(i) == commonest ? 1 : 0;
        }
        return (double) right / measured.size();
    }

    private static float[] means(Samples training) {
        var sums = new double[training.targets()];
        var target = new float[sums.length];
        for (int i = 0; i < training.size(); i++) {
            training.copyTarget(i, target);
            for (int j = 0; j < sums.length; j++) {
                sums[j] += target[j];
            }
        }
        for (int j = 0; j < sums.length; j++) {
            target[j] = (float) (sums[j] / training.size());
        }
        return target;
    }

    private static double rmse(float[] means, Samples measured) {
        var errors = new Errors(means.length);
        var target = new float[means.length];
        for (int i = 0; i < measured.size(); i++) {
            measured.copyTarget(i, target);
            errors.add(target, means, 0);
        }
        return errors.rmse();
    }
}
