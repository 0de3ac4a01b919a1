package dev.capstan.worker.serve.infer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.capstan.worker.serve.Interpreter.Prediction;
import dev.capstan.worker.serve.Interpreter.Predictions;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.LinkedHashSet;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is predicted, as tensors; classes are asked for in RestTest. */
class FileAnswerTest {
    @Test
    void predictionsAreNamesAndNumbersInTheOrderOfTheModel() {
        var tensors = FileAnswer.tensors(
                List.of(
                        new Predictions(List.of(new Prediction("rent", 2.5f), new Prediction("a", -1))),
                        new Predictions(List.of(new Prediction("rent", 3), new Prediction("a", Float.NaN)))),
                new LinkedHashSet<>(List.of("targets", "predictions")));
        assertEquals(List.of("targets", "predictions"), List.copyOf(tensors.keySet()));
        var names = tensors.get("targets");
        assertArrayEquals(new long[] {2, 2}, names.shape());
        var expected = ByteBuffer.allocate(2 * (4 + 4 + 4 + 1)).order(ByteOrder.LITTLE_ENDIAN);
        for (int row = 0; row < 2; row++) {
            expected.putInt(4).put("rent".getBytes()).putInt(1).put((byte) 'a');
        }
        assertEquals(expected.flip(), names.data());
        var numbers = new float[4];
        tensors.get("predictions").data().asFloatBuffer().get(numbers);
        assertArrayEquals(new float[] {2.5f, -1, 3, Float.NaN}, numbers);
    }
}
