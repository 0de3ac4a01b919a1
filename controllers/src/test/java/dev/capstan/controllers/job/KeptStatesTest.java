package dev.capstan.controllers.job;

import static dev.capstan.controllers.plan.Notice.Reason.CheckpointBroken;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.crds.CheckpointsStatus;
import dev.capstan.protocol.Progress;
import dev.capstan.protocol.Progress.Keeping;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What checkpoints cost, and those that aren't as they were written. */
class KeptStatesTest {
    private final PlanTable table = new PlanTable();

    @Test
    void whatCheckpointsCostIsWrittenDown() {
        table.running();
        told(new Keeping(0, 0, 0, 0, 0, null));
        assertEquals(new CheckpointsStatus().setLate(0), shown());
        told(new Keeping(60, 31.25, 900.5, 110_000_000, 2, null));
        assertEquals(
                new CheckpointsStatus()
                        .setEverySeconds(60L)
                        .setStallMillis("31.2500")
                        .setWriteMillis("900.5000")
                        .setSizeBytes(110_000_000L)
                        .setLate(2),
                shown());
        table.progress = Optional.empty();
        table.pass();
        assertEquals("31.2500", shown().getStallMillis());
    }

    @Test
    void brokenOnesAreToldOnceWithWhatTheTrainingGoesOnFrom() {
        table.running();
        var broken = List.of("pvc://a/step-000000000009: model.zip is not as it was written");
        told(new Keeping(0, 0, 0, 0, 0, broken));
        told(new Keeping(0, 5, 5, 5, 0, broken));
        assertEquals(broken, shown().getBroken());
        assertEquals(
                1, table.reasons().stream().filter(CheckpointBroken::equals).count(), "told once");
        assertEquals(
                "broken and passed over: pvc://a/step-000000000009: model.zip is not as it was written; the training"
                        + " goes on from its beginning",
                table.told.getLast().note());
        assertTrue(CheckpointBroken.warning());
    }

    /** The worker may be a tenant's own program. */
    @Test
    void whatTheSchemaWouldRefuseIsNotWrittenDown() {
        table.running();
        told(new Keeping(
                Long.MAX_VALUE,
                Double.NaN,
                Double.POSITIVE_INFINITY,
                -1,
                -1,
                Collections.nCopies(20, "x".repeat(600))));
        assertEquals(9_007_199_254_740_991L, shown().getEverySeconds());
        assertNull(shown().getStallMillis());
        assertNull(shown().getWriteMillis());
        assertNull(shown().getSizeBytes());
        assertEquals(0, shown().getLate());
        assertEquals(10, shown().getBroken().size());
        assertEquals(512, shown().getBroken().getFirst().length());
    }

    private CheckpointsStatus shown() {
        return table.job.getStatus().getCheckpoints();
    }

    private void told(Keeping keeping) {
        table.progress = Optional.of(new Progress(
                        table.job.getStatus().getAttempt(),
                        Progress.Stage.TRAINING,
                        1,
                        5,
                        10,
                        9375,
                        0.5,
                        1000,
                        7,
                        null,
                        null)
                .with(null, null, null, keeping, null, null));
        table.pass();
    }
}
