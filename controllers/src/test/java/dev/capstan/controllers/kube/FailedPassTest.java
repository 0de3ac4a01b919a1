package dev.capstan.controllers.kube;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.controllers.job.PlanTable;
import dev.capstan.controllers.testing.Jobs;
import dev.capstan.controllers.training.TrainingKind;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A pass that fails is tried again without end, and of that nobody else speaks. */
class FailedPassTest {
    private final PrintStream before = System.err;
    private final ByteArrayOutputStream log = new ByteArrayOutputStream();

    @AfterEach
    void restore() {
        System.setErr(before);
    }

    @Test
    void aBugIsLoggedWithItsTraceAndThrownOn() {
        var shell = new JobShell<>(new TrainingKind(), null, null, PlanTable.SETTINGS, new BrokenClock());
        System.setErr(new PrintStream(log));
        assertThrows(ArithmeticException.class, () -> shell.reconcile(Jobs.mnist("team", "mnist", 1), null));
        assertTrue(log.toString().contains("team/mnist: a pass failed"), log.toString());
        assertTrue(log.toString().contains("java.lang.ArithmeticException: stands still"), log.toString());
        assertTrue(log.toString().contains("at dev.capstan.controllers.kube.FailedPassTest"), log.toString());
    }

    private static final class BrokenClock extends Clock {
        @Override
        public Instant instant() {
            throw new ArithmeticException("stands still");
        }

        @Override
        public ZoneId getZone() {
            return ZoneId.of("Z");
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }
    }
}
