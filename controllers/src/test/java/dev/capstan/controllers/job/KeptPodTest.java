package dev.capstan.controllers.job;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.capstan.controllers.plan.Refusal;
import dev.capstan.protocol.Outcome;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Of attempts that are over, one pod stays for its log. */
class KeptPodTest {
    private final PlanTable table = new PlanTable();

    @Test
    void thePodThatEndedFirstByItsOwnDoingStaysAndNobodyWaitsForIt() {
        crash(1);
        assertEquals(List.of("mnist-tj-1-worker-0-0"), table.deleted(table.pass()));
        table.pods.remove("mnist-tj-1-worker-0-0");
        table.later(1);
        table.pass();
        assertEquals("Reconciling WaitingForCapacity", table.standing());
        assertEquals(List.of(), table.deleted(table.pass()));
    }

    @Test
    void thatOfTheNextAttemptTakesItsPlace() {
        crash(1);
        table.pods.remove("mnist-tj-1-worker-0-0");
        table.later(1);
        crash(0);
        assertEquals(List.of("mnist-tj-1-worker-1-0", "mnist-tj-2-worker-1-0"), table.deleted(table.pass()));
    }

    /** A quota of {@code count/pods} counts it too: with it, the next pods might be refused for ever. */
    @Test
    void itIsInNobodysWay() {
        crash(1);
        table.pods.remove("mnist-tj-1-worker-0-0");
        table.later(1);
        table.pass();
        table.take(JobPlan.refused(
                table.description(),
                table.world(),
                PlanTable.SETTINGS,
                new Refusal.Denied("pod mnist-tj-2-worker-0-0", "exceeded quota: count/pods=2, used: 1, limited: 2")));
        assertEquals("Reconciling PodRefused", table.standing());
        assertEquals(List.of("mnist-tj-1-worker-1-0"), table.deleted(table.pass()));
    }

    /** The next attempt's pods run; one ends with an error, and the other because of that. */
    private void crash(int rank) {
        table.pass();
        table.grant().pass();
        table.make(table.pass());
        table.pass();
        table.run(0, true);
        table.run(1, true);
        table.pass();
        table.end(1 - rank, Outcome.Reason.PeerLost, "lost the other");
        table.later(1);
        table.end(rank, Outcome.Reason.WorkerError, "NullPointerException");
        table.later(10);
        table.pass();
        assertEquals("Reconciling Restarting", table.standing());
    }
}
