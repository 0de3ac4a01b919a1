package dev.capstan.controllers.kube;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What may be done now, and what a little later. */
class PaceTest {
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
    private static final Duration EVERY = Duration.ofSeconds(2);
    private final Pace pace = new Pace(EVERY);

    @Test
    void theFirstIsDoneAtOnceAndTheNextWhenItsTimeHasCome() {
        assertEquals(Optional.empty(), pace.later("a", START));
        assertEquals(Optional.of(Duration.ofMillis(1500)), pace.later("a", START.plusMillis(500)));
        assertEquals(Optional.empty(), pace.later("a", START.plusMillis(2000)));
        assertEquals(Optional.of(EVERY), pace.later("a", START.plusMillis(2000)));
    }

    @Test
    void anotherThingHasATimeOfItsOwn() {
        pace.later("a", START);
        assertEquals(Optional.empty(), pace.later("b", START));
    }

    @Test
    void whatIsForgottenMayBeDoneAtOnce() {
        pace.later("a", START);
        pace.forget("a");
        assertEquals(Optional.empty(), pace.later("a", START.plusMillis(1)));
    }
}
