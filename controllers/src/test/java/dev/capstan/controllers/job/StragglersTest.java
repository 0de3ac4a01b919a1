package dev.capstan.controllers.job;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.controllers.plan.Notice;
import dev.capstan.protocol.Progress;
import dev.capstan.protocol.Progress.Straggler;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A worker that all others wait for. */
class StragglersTest {
    private final PlanTable table = new PlanTable();

    @Test
    void itIsToldOnceWithItsNode() {
        table.running();
        told(null, 10);
        assertNull(shown());
        told(new Straggler(1, 1.84), 60);
        var where = shown();
        assertTrue(where.matches("worker 1 on node \\S+: 1\\.8 times"), where);
        told(new Straggler(1, 2.2), 110);
        assertEquals(where.replace("1.8", "2.2"), shown());
        assertEquals(
                List.of(where.replace(": 1.8 times", "")
                        + " takes 1.8 times as long to compute as the others, which wait for it in each step"),
                notes());
        told(new Straggler(0, 3), 160);
        assertEquals(2, notes().size());
        told(null, 210);
        assertNull(shown());
        assertTrue(Notice.Reason.Straggler.warning());
    }

    /** The worker may be a tenant's own program. */
    @Test
    void whatCantBeIsNotShown() {
        table.running();
        int step = 10;
        for (var each : new Straggler[] {
            new Straggler(-1, 2),
            new Straggler(1000, 2),
            new Straggler(1, Double.NaN),
            new Straggler(1, -2),
            new Straggler(1, Double.POSITIVE_INFINITY)
        }) {
            told(each, step++);
            assertNull(shown());
        }
        assertTrue(notes().isEmpty());
    }

    private String shown() {
        return table.job.getStatus().getProgress().getStraggler();
    }

    private List<String> notes() {
        return table.told.stream()
                .filter(each -> each.reason() == Notice.Reason.Straggler)
                .map(Notice::note)
                .toList();
    }

    private void told(Straggler straggler, long step) {
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
                .with(straggler));
        table.pass();
    }
}
