package dev.capstan.bench.serving;

import java.util.Arrays;

/**
 * One sample, and the right answer to it.
 *
 * @param answer as ONNX Runtime gives it in this process; a server that batches may round otherwise
 */
record Question(float[] sample, float[] answer) {
    private static final float TOLERANCE = 1e-4f;

    /** @throws IllegalStateException if that isn't the answer to this question, but maybe to another client's */
    void check(float[] given) {
        boolean right = given.length == answer.length;
        for (int i = 0; right && i < given.length; i++) {
            right = Math.abs(given[i] - answer[i]) <= TOLERANCE;
        }
        if (!right) {
            throw new IllegalStateException(
                    "a wrong answer: " + Arrays.toString(given) + " instead of " + Arrays.toString(answer));
        }
    }
}
