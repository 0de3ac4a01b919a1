package dev.capstan.controllers.job;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;

import dev.capstan.crds.Goodput;
import dev.capstan.protocol.Progress;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How much of a job's time was of use, from its first places on. */
class GoodputStatusTest {
    private final PlanTable table = new PlanTable();

    @Test
    void isWhatTheStepsTookThatCountOfTheTimeSinceTheFirstPlaces() {
        table.running();
        assertNull(goodput(), "nobody has told anything");
        table.later(100);
        told(500, 0, 80.25);
        assertEquals("0.8025 80% 80.3 of 100.0 s, 0 lost", shown());
        table.later(100);
        told(900, 0, 170);
        assertEquals("0.8500 85% 170.0 of 200.0 s, 0 lost", shown());
    }

    @Test
    void stepsAfterTheCheckpointThatAnotherAttemptGoesOnFromAreLost() {
        table.running();
        table.later(100);
        told(900, 0, 80);
        table.delete(1);
        table.pass();
        assertEquals("0.8000 80% 80.0 of 100.0 s, 0 lost", shown(), "as it was heard of last");
        again();
        table.later(100);
        told(800, 600, 100);
        assertEquals("0.5000 50% 100.0 of 200.0 s, 300 lost", shown());
        told(850, 600, 100);
        assertEquals(300, goodput().getLostSteps(), "once");
        table.delete(1);
        table.pass();
        again();
        told(840, 840, 100);
        assertEquals(310, goodput().getLostSteps());
    }

    /** Nobody loses anything while a job is to rest. */
    @Test
    void theTimeInWhichTheJobIsSuspendedIsNotCounted() {
        table.running();
        table.later(100);
        told(500, 0, 90);
        table.later(10);
        table.suspend(true);
        table.pass();
        table.make(table.pass());
        table.pass();
        assertEquals("110.0", goodput().getEarlierSeconds());
        table.later(3600);
        table.pass();
        assertEquals("110.0", goodput().getEarlierSeconds(), "counted once");
        table.suspend(false);
        table.pass();
        again();
        table.later(90);
        told(900, 500, 160);
        assertEquals("0.8000 80% 160.0 of 200.0 s, 0 lost", shown());
    }

    /** Whoever writes a status is told of it, and looks again: it must not find another one then. */
    @Test
    void staysAsItIsWhileNothingElseIsTold() {
        table.running();
        table.later(100);
        told(500, 0, 80);
        var before = goodput();
        table.later(7);
        table.pass();
        assertEquals(before, goodput());
    }

    @ParameterizedTest
    @CsvSource({"NaN, 0", "-1, 0", "1, -1", "Infinity, 0"})
    void whatCannotBeBelievedIsNotWrittenDown(double seconds, long startStep) {
        table.running();
        table.later(100);
        told(500, startStep, seconds);
        assertNull(goodput());
    }

    @Test
    void isNeverMoreThanAllOfTheTime() {
        table.running();
        table.later(1);
        told(500, 0, 1e300);
        assertEquals("1.0000", goodput().getRatio());
    }

    @Test
    void aCompleteJobKeepsIt() {
        table.running();
        table.later(100);
        told(500, 0, 80);
        var before = goodput();
        table.later(5);
        table.succeed();
        table.pass();
        assertSame(before.getRatio(), goodput().getRatio());
    }

    private Goodput goodput() {
        return table.job.getStatus().getGoodput();
    }

    private String shown() {
        var goodput = goodput();
        return "%s %s %s of %s s, %d lost"
                .formatted(
                        goodput.getRatio(),
                        goodput.getSummary(),
                        goodput.getProductiveSeconds(),
                        goodput.getWallSeconds(),
                        goodput.getLostSteps());
    }

    private void told(long step, long startStep, double seconds) {
        table.progress = Optional.of(new Progress(
                        table.job.getStatus().getAttempt(),
                        Progress.Stage.TRAINING,
                        1,
                        5,
                        step,
                        9375,
                        0.5,
                        1000,
                        7,
                        null,
                        null)
                .with(null, null, null, null, new Progress.Productive(startStep, seconds), null));
        table.pass();
    }

    /** Another attempt, up to the point where it trains. */
    private void again() {
        table.progress = Optional.empty();
        table.pass();
        table.grant().pass();
        table.make(table.pass());
        table.pass();
        table.run(0, true);
        table.run(1, true);
        table.pass();
    }
}
