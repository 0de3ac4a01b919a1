package dev.capstan.worker.serve.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** How long a port waits for clients that say nothing. */
class ListenerTest {
    /** It can't tell whoever waits for an answer from whoever has left. */
    @Test
    void nobodyIsCutOffWhoMayStillWaitForAnAnswer() {
        for (var timeout : new Duration[] {Duration.ofSeconds(1), Duration.ofMinutes(10), Duration.ofHours(1)}) {
            var longest = Exchange.longest(timeout.toMillis());
            assertTrue(longest.compareTo(timeout) >= 0, timeout + ": " + longest);
            var idle = Duration.of(
                    Listener.options(0, timeout.toMillis()).getIdleTimeout(),
                    Listener.options(0, timeout.toMillis()).getIdleTimeoutUnit().toChronoUnit());
            assertTrue(idle.compareTo(longest) > 0, timeout + ": " + idle);
        }
        assertEquals(Duration.ofMinutes(10), Exchange.longest(30_000), "of a client that would wait for days");
    }
}
