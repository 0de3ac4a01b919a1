package dev.capstan.controllers.kube;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Numbers are written now and then; all else at once. */
class NumbersPaceTest {
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
    private final NumbersPace pace = new NumbersPace();

    @Test
    void theFirstNumbersAreWrittenAtOnceAndTheNextWhenTheirTimeHasCome() {
        assertEquals(Optional.empty(), pace.later("a", true, START));
        assertEquals(Optional.of(Duration.ofMillis(1500)), pace.later("a", true, START.plusMillis(500)));
        assertEquals(Optional.empty(), pace.later("a", true, START.plusMillis(2000)));
        assertEquals(Optional.of(NumbersPace.EVERY), pace.later("a", true, START.plusMillis(2000)));
    }

    @Test
    void anotherJobsNumbersHaveATimeOfTheirOwn() {
        pace.later("a", true, START);
        assertEquals(Optional.empty(), pace.later("b", true, START));
    }

    @Test
    void whateverElseIsNewIsWrittenAtOnce() {
        pace.later("a", true, START);
        assertEquals(Optional.empty(), pace.later("a", false, START.plusMillis(1)));
        assertEquals(Optional.empty(), pace.later("a", false, START.plusMillis(2)));
    }
}
