package dev.capstan.worker.serve.ask;

import dev.capstan.worker.serve.Interpreter.Answer;
import dev.capstan.worker.serve.Interpreter.ClassProbability;
import dev.capstan.worker.serve.Interpreter.Classes;
import dev.capstan.worker.serve.RequestException;
import dev.capstan.worker.serve.RequestException.Kind;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * What a model's numbers say.
 *
 * @param names of the classes, by the output's index
 * @param output that has a number for each of them
 * @param logits whether these have to go through a softmax to be probabilities
 */
record ClassNames(List<String> names, String output, boolean logits) implements Meaning {
    /** The likeliest class first; of two as likely ones, the first by the output's index. */
    @Override
    public Answer answer(float[] row) {
        for (float each : row) {
            if (!Float.isFinite(each)) {
                throw new RequestException(
                        Kind.INTERNAL,
                        "the model's output " + output + " is " + Arrays.toString(row)
                                + ", which are no probabilities; ask for its tensors to see all of them");
            }
        }
        var probabilities = logits ? softmax(row) : row;
        var classes = new ArrayList<ClassProbability>();
        for (int i = 0; i < row.length; i++) {
            classes.add(new ClassProbability(names.get(i), probabilities[i]));
        }
        classes.sort(Comparator.comparing(each -> -each.probability()));
        return new Classes(classes);
    }

    private static float[] softmax(float[] row) {
        double largest = Float.NEGATIVE_INFINITY;
        for (float each : row) {
            largest = Math.max(largest, each);
        }
        double sum = 0;
        for (float each : row) {
            sum += Math.exp(each - largest);
        }
        var probabilities = new float[row.length];
        for (int i = 0; i < row.length; i++) {
            probabilities[i] = (float) (Math.exp(row[i] - largest) / sum);
        }
        return probabilities;
    }
}
