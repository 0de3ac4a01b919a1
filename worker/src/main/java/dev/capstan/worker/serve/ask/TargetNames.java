package dev.capstan.worker.serve.ask;

import dev.capstan.worker.serve.Interpreter.Answer;
import dev.capstan.worker.serve.Interpreter.Prediction;
import dev.capstan.worker.serve.Interpreter.Predictions;
import java.util.ArrayList;
import java.util.List;

/**
 * Numbers that a model predicts.
 *
 * @param names of them, by the output's index
 * @param output that has them
 */
record TargetNames(List<String> names, String output) implements Meaning {
    @Override
    public Answer answer(float[] row) {
        var predictions = new ArrayList<Prediction>();
        for (int i = 0; i < row.length; i++) {
            predictions.add(new Prediction(names.get(i), row[i]));
        }
        return new Predictions(predictions);
    }
}
