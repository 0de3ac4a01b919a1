package dev.capstan.worker.serve.ask;

import dev.capstan.worker.serve.Interpreter.Answer;
import dev.capstan.worker.serve.Tensor;
import java.nio.ByteOrder;
import java.util.List;

/** What the numbers of a model's output stand for. */
sealed interface Meaning permits ClassNames, TargetNames {
    /** The output's name. */
    String output();

    /** One answer for each sample. */
    List<Answer> answers(Tensor tensor);

    static float[] numbers(Tensor tensor) {
        var floats = tensor.data().slice().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
        var numbers = new float[floats.remaining()];
        floats.get(numbers);
        return numbers;
    }
}
