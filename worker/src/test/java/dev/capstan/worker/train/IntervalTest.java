package dev.capstan.worker.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.protocol.JobFile;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class IntervalTest {
    @Test
    void isWhatTheJobSays() {
        assertEquals(Duration.ofSeconds(600), interval(600, null).now(Duration.ZERO, Duration.ZERO, Duration.ZERO));
        assertTrue(interval(600, null).byTheClock());
        assertFalse(interval(0, null).byTheClock());
        assertTrue(interval(0, new JobFile.Checkpoints.Auto(0, 0)).byTheClock());
    }

    @ParameterizedTest(name = "{0} failures, {1} s before, {2} s in this attempt, stall {3} ms, write {4} ms: {5} s")
    @CsvSource({
        // Nothing is known yet.
        "0, 0, 0, 0, 0, 10",
        "0, 0, 5, 30, 900, 10",
        // The longer it runs without a failure, the longer it may be.
        "0, 0, 3600, 100, 900, 26.8",
        "0, 0, 86400, 100, 900, 131.4",
        "0, 72000, 14400, 100, 900, 131.4",
        // Ten failures in a day: one in 2.4 hours.
        "10, 72000, 14400, 100, 900, 41.5",
        // A write takes its time, and the next one is not due in the middle of it.
        "10, 0, 600, 100, 30000, 60",
        "0, 0, 31536000, 1000, 900, 1800",
        "0, 0, 31536000, 1000, 1200000, 2400",
    })
    void isFoundByWhatCheckpointsCostAndHowOftenMachinesFail(
            int failures, double before, long trained, long stall, long write, double seconds) {
        var auto = interval(0, new JobFile.Checkpoints.Auto(failures, before));
        var now = auto.now(Duration.ofMillis(stall), Duration.ofMillis(write), Duration.ofSeconds(trained));
        assertEquals(seconds, now.toMillis() / 1e3, 0.1);
    }

    /** At 5 minutes of a checkpoint and a day between failures; Young's first order gives 7,200 s. */
    @Test
    void isDalysEstimate() {
        assertEquals(7_001.4, Interval.best(300, 86_400), 0.1);
        assertEquals(100, Interval.best(300, 100), "no time to make one");
    }

    private static Interval interval(long seconds, JobFile.Checkpoints.Auto auto) {
        return new Interval(new JobFile.Checkpoints("/c", "pvc://c", 0, seconds, 2, null, null, null, auto, null));
    }
}
