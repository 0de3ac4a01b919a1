package dev.capstan.controllers.job;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.crds.JobStatus;
import dev.capstan.protocol.Outcome;
import org.junit.jupiter.api.Test;

/** What of a status may be written a little later. */
class StatusNoiseTest {
    private final PlanTable table = new PlanTable().made();

    @Test
    void oneMoreReadyWorkerIsNumbersAlone() {
        var before = status();
        table.run(0, true);
        table.pass();
        assertEquals("1/2", status().getWorkers().getSummary());
        assertNotEquals(before, status());
        assertTrue(StatusNoise.alone(before, status()));
    }

    @Test
    void theLastReadyWorkerIsMore() {
        table.run(0, true);
        table.pass();
        var before = status();
        table.run(1, true);
        table.pass();
        assertFalse(StatusNoise.alone(before, status()));
    }

    @Test
    void anEndIsMore() {
        table.running();
        var before = status();
        table.end(0, Outcome.Reason.InvalidData, "line 3 has no label");
        table.pass();
        assertFalse(StatusNoise.alone(before, status()));
    }

    @Test
    void aReportOfProgressIsMore() {
        table.running();
        var before = status();
        table.checkpoint(7);
        table.pass();
        assertFalse(StatusNoise.alone(before, status()));
    }

    private JobStatus status() {
        return StatusBuilder.withoutAdmission(table.description());
    }
}
