package dev.capstan.worker.train;

import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.protocol.Training.ClassWeights;
import dev.capstan.worker.data.Samples;
import dev.capstan.worker.outcome.Failure;
import java.util.List;

/** How much each class counts in the loss. */
public final class ClassBalance {
    private ClassBalance() {}

    /**
     * A factor for each class; balanced, that is samples / (classes × samples of the class), so that all classes
     * together count alike.
     *
     * @param weights null if all samples count alike
     * @param training the samples that are trained on
     * @param classes name of each class
     * @return null if all samples count alike
     * @throws Failure InvalidData if a class that is to be balanced has no samples, InvalidJob if there is a factor too
     *     many or too few
     */
    public static double[] weights(ClassWeights weights, Samples training, List<String> classes) {
        if (weights == null) {
            return null;
        }
        return weights.balanced() ? balanced(training, classes) : given(weights.values(), classes.size());
    }

    private static double[] given(List<Double> values, int classes) {
        if (values.size() != classes) {
            throw new Failure(
                    Reason.InvalidJob,
                    "training.classWeights.values has " + values.size() + " numbers, the model has " + classes
                            + " classes; it must have one for each");
        }
        return values.stream().mapToDouble(Double::doubleValue).toArray();
    }

    private static double[] balanced(Samples training, List<String> classes) {
        var counts = new int[classes.size()];
        for (int i = 0; i < training.size(); i++) {
            counts[training.label(i)]++;
        }
        var weights = new double[counts.length];
        for (int i = 0; i < counts.length; i++) {
            if (counts[i] == 0) {
                throw new Failure(
                        Reason.InvalidData,
                        "training.classWeights.balanced: class " + i + " (" + classes.get(i)
                                + ") has no samples among the "
                                + training.size() + " to train on, so it can't be balanced; add some, or give"
                                + " training.classWeights.values");
            }
            weights[i] = training.size() / ((double) counts.length * counts[i]);
        }
        return weights;
    }
}
