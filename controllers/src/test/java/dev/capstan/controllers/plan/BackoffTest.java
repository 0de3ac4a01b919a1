package dev.capstan.controllers.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BackoffTest {
    private final Backoff backoff = new Backoff(Duration.ofSeconds(5), Duration.ofMinutes(1));

    @Test
    void beforeTheFirstTryThereIsNoWait() {
        assertEquals(Duration.ZERO, backoff.after(0));
    }

    @ParameterizedTest
    @CsvSource({"1, 5", "2, 10", "3, 20", "4, 40", "5, 60", "6, 60", "1000000, 60"})
    void eachWaitIsTwiceTheLastUpToTheLongest(int tries, int seconds) {
        assertEquals(Duration.ofSeconds(seconds), backoff.after(tries));
    }
}
