package dev.capstan.worker.serve.ask;

import dev.capstan.worker.serve.Interpreter.Answer;
import dev.capstan.worker.serve.RequestException;
import dev.capstan.worker.serve.RequestException.Kind;
import dev.capstan.worker.serve.Tensor;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** What the numbers of a model's output stand for. */
sealed interface Meaning permits ClassNames, TargetNames {
    /** The output's name. */
    String output();

    /** What stands beside each number of a sample, by its index. */
    List<String> names();

    /** What one sample's numbers say. */
    Answer answer(float[] row);

    /**
     * One answer for each sample.
     *
     * @throws RequestException if the output hasn't a number for each name
     */
    default List<Answer> answers(Tensor tensor) {
        var numbers = numbers(tensor);
        int width = names().size();
        if (numbers.length % width != 0) {
            throw new RequestException(
                    Kind.INTERNAL,
                    "the model's output " + output() + " has the shape " + Arrays.toString(tensor.shape())
                            + "; it must have a number for each of " + width + ": " + String.join(", ", names()));
        }
        var answers = new ArrayList<Answer>();
        for (int start = 0; start < numbers.length; start += width) {
            answers.add(answer(Arrays.copyOfRange(numbers, start, start + width)));
        }
        return answers;
    }

    static float[] numbers(Tensor tensor) {
        var floats = tensor.data().slice().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
        var numbers = new float[floats.remaining()];
        floats.get(numbers);
        return numbers;
    }
}
