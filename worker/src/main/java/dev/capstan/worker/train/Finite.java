package dev.capstan.worker.train;

import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.outcome.Failure;
import dev.capstan.worker.step.Flat;
import dev.capstan.worker.step.Stage;
import java.nio.ByteBuffer;

/**
 * Finds NaN and infinity before they are sent to every other rank, where nobody could tell any more whose they were.
 */
final class Finite {
    private static final int BLOCK = 4096;
    private static final int INFINITY = Float.floatToRawIntBits(Float.POSITIVE_INFINITY);

    private final int[] block = new int[BLOCK];

    /** @throws Failure Diverged if one of the numbers is NaN or infinite */
    void check(Flat numbers, String what) {
        numbers.inMemory(floats -> {
            check(floats, what);
            return null;
        });
    }

    /**
     * Checks the gradient that a rank has computed.
     *
     * @throws Failure Diverged, naming the rank and the layer where it began, if one of the numbers is NaN or infinite
     */
    void check(Stage stage, int rank) {
        stage.gradient().inMemory(floats -> {
            if (!finite(floats)) {
                throw diverged("rank " + rank + "'s gradient of " + stage.owner(last(floats)));
            }
            return null;
        });
    }

    /** The last place that isn't finite: gradients are computed from the last layer to the first. */
    private static int last(ByteBuffer floats) {
        int place = floats.limit() / Float.BYTES - 1;
        while (Float.isFinite(floats.getFloat(place * Float.BYTES))) {
            place--;
        }
        return place;
    }

    /** As {@link #check(Flat, String)}, of floats that lie in memory. */
    void check(ByteBuffer floats, String what) {
        if (!finite(floats)) {
            throw diverged(what);
        }
    }

    private boolean finite(ByteBuffer floats) {
        var bits = floats.asIntBuffer();
        int largest = 0;
        for (int offset = 0; offset < bits.limit(); offset += BLOCK) {
            int count = Math.min(BLOCK, bits.limit() - offset);
            bits.get(offset, block, 0, count);
            // Without their sign, floats compare as their bits do, and only infinity and NaN are as large as infinity.
            for (int i = 0; i < count; i++) {
                largest = Math.max(largest, block[i] & Integer.MAX_VALUE);
            }
        }
        return largest < INFINITY;
    }

    /** @throws Failure Diverged if the number is NaN or infinite */
    void check(double number, String what) {
        if (!Double.isFinite(number)) {
            throw diverged(what);
        }
    }

    private static Failure diverged(String what) {
        return new Failure(
                Reason.Diverged,
                what
                        + " became NaN or infinite; a smaller training.optimizer.learningRate usually helps, and so do inputs"
                        + " scaled to about 0 to 1. It happened");
    }
}
