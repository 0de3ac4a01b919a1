package dev.capstan.worker.train;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.capstan.protocol.Progress.Straggler;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Who is told to be slow. */
class PaceTest {
    private static final long SECOND = 1_000_000_000;

    private final Pace pace = new Pace();

    @Test
    void whoIsMuchSlowerThanTheOthersTwiceInARowIsAStraggler() {
        assertEquals(Optional.empty(), heard(1, 1, 1.8, 1.1));
        assertEquals(Optional.of(new Straggler(2, 1.8)), heard(1, 1, 1.8, 1.1));
        assertEquals(Optional.of(new Straggler(2, 3.0)), heard(1, 1, 3, 0.9));
        assertEquals(Optional.empty(), heard(1, 1, 1.4, 1));
    }

    @Test
    void onceIsChance() {
        assertEquals(Optional.empty(), heard(1, 3, 1));
        assertEquals(Optional.empty(), heard(3, 1, 1));
        assertEquals(Optional.empty(), heard(1, 1, 1));
        assertEquals(Optional.empty(), heard(1, 3, 1));
    }

    /** Steps that are over in a moment are measured by chance; who has just come has computed nothing. */
    @Test
    void whatSaysNothingIsPassedOver() {
        for (int i = 0; i < 2; i++) {
            assertEquals(Optional.empty(), heard(0.01, 0.03));
        }
        for (int i = 0; i < 2; i++) {
            assertEquals(Optional.empty(), heard(0, 3));
        }
        for (int i = 0; i < 2; i++) {
            assertEquals(Optional.empty(), heard(0, 0, 0));
        }
        assertEquals(Optional.empty(), heard(0, 1, 2, 1));
        assertEquals(Optional.of(new Straggler(2, 2.0)), heard(0, 1, 2, 1));
    }

    @Test
    void ofTwoOneIsTwiceAsSlow() {
        heard(1, 2);
        assertEquals(Optional.of(new Straggler(1, 2.0)), heard(1, 2));
    }

    private Optional<Straggler> heard(double... seconds) {
        var times = new long[seconds.length];
        for (int rank = 0; rank < times.length; rank++) {
            times[rank] = Math.round(seconds[rank] * SECOND);
        }
        return pace.heard(times);
    }
}
