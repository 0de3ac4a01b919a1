package dev.capstan.worker.serve.ask;

import dev.capstan.worker.serve.Interpreter.Answer;
import dev.capstan.worker.serve.Interpreter.Prediction;
import dev.capstan.worker.serve.Interpreter.Predictions;
import dev.capstan.worker.serve.RequestException;
import dev.capstan.worker.serve.RequestException.Kind;
import dev.capstan.worker.serve.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Numbers that a model predicts.
 *
 * @param names of them, by the output's index
 * @param output that has them
 */
record TargetNames(List<String> names, String output) implements Meaning {
    @Override
    public List<Answer> answers(Tensor tensor) {
        var numbers = Meaning.numbers(tensor);
        if (numbers.length % names.size() != 0) {
            throw new RequestException(
                    Kind.INTERNAL,
                    "the model's output " + output + " has the shape " + Arrays.toString(tensor.shape()) + "; it must"
                            + " have a number for each of the " + names.size() + " targets");
        }
        var answers = new ArrayList<Answer>();
        for (int start = 0; start < numbers.length; start += names.size()) {
            var predictions = new ArrayList<Prediction>();
            for (int i = 0; i < names.size(); i++) {
                predictions.add(new Prediction(names.get(i), numbers[start + i]));
            }
            answers.add(new Predictions(predictions));
        }
        return answers;
    }
}
