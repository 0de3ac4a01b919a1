package dev.capstan.worker.serve.infer;

import static dev.capstan.worker.serve.RequestException.Kind.INVALID;

import dev.capstan.worker.serve.RequestException;
import java.util.Arrays;
import java.util.stream.Collectors;

/** Shapes of tensors that clients send. */
public final class Shapes {
    /** More dimensions than any runtime takes. */
    public static final int MOST_DIMENSIONS = 64;

    private Shapes() {}

    /**
     * How many elements there are.
     *
     * @param input which tensor's, for the message
     * @throws RequestException INVALID if a size is negative, or if there are more elements than a tensor may have
     */
    public static long elements(String input, long[] shape) {
        long elements = 1;
        boolean empty = false;
        for (long each : shape) {
            if (each < 0) {
                throw new RequestException(
                        INVALID,
                        input + ": the shape " + text(shape) + " has a size of " + each + "; sizes are 0 or more");
            }
            empty |= each == 0;
        }
        for (long each : shape) {
            if (!empty && elements > Integer.MAX_VALUE / each) {
                throw new RequestException(
                        INVALID,
                        input + ": the shape " + text(shape) + " has more elements than the " + Integer.MAX_VALUE
                                + " that a tensor may have");
            }
            elements *= empty ? 0 : each;
        }
        return elements;
    }

    /** As the protocol writes a shape: {@code [1,784]}. */
    public static String text(long[] shape) {
        return Arrays.stream(shape).mapToObj(Long::toString).collect(Collectors.joining(",", "[", "]"));
    }
}
