package dev.capstan.controllers.job;

import static dev.capstan.controllers.plan.Notice.Reason.Failed;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.crds.Conditions;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How long jobs may be active, and how long they are kept afterwards. */
class DeadlineTest {
    private final PlanTable table = new PlanTable();

    @Test
    void aJobThatIsActiveForTooLongFailsAtTheSecond() {
        table.job.getSpec().setActiveDeadlineSeconds(60);
        table.running();
        table.later(59);
        assertEquals(Duration.ofSeconds(1), table.pass().again().orElseThrow());
        assertEquals("Ready Training", table.standing());
        table.later(1);
        table.pass();
        assertEquals("Stalled DeadlineExceeded", table.standing());
        assertEquals(
                "was active for longer than the 60 s of activeDeadlineSeconds,"
                        + " counted from its first grant of places at 2026-01-01T00:00:00Z",
                table.condition(Conditions.FAILED).getMessage());
        assertEquals(Failed, table.reasons().getLast());
        table.later(10);
        assertEquals(List.of("mnist-tj-1-worker-0-0", "mnist-tj-1-worker-1-0"), table.deleted(table.pass()));
    }

    @Test
    void aJobThatWaitsForItsFirstPlacesIsNotActive() {
        table.job.getSpec().setActiveDeadlineSeconds(60);
        table.pass();
        table.later(3600);
        assertTrue(table.pass().again().isEmpty());
        assertEquals("Reconciling WaitingForCapacity", table.standing());
    }

    @Test
    void aNewAttemptDoesNotBeginTheCountAnew() {
        table.job.getSpec().setActiveDeadlineSeconds(60);
        table.running();
        table.delete(1);
        table.pass();
        table.later(59);
        table.pods.clear();
        assertEquals(Duration.ofSeconds(1), table.pass().again().orElseThrow());
        table.later(1);
        table.pass();
        assertEquals("Stalled DeadlineExceeded", table.standing(), "also while it queues again");
    }

    @Test
    void aRestStopsAndResetsTheCount() {
        table.job.getSpec().setActiveDeadlineSeconds(60);
        table.running();
        table.later(59);
        table.suspend(true);
        table.pass();
        table.later(60);
        table.make(table.pass());
        table.pass();
        assertEquals("Ready Suspended", table.standing(), "a job that is to rest meets no deadline");
        table.suspend(false);
        table.pass();
        table.grant().pass();
        table.later(59);
        assertEquals(Duration.ofSeconds(1), table.pass().again().orElseThrow());
    }

    @Test
    void aJobThatCompletesInTheLastSecondIsComplete() {
        table.job.getSpec().setActiveDeadlineSeconds(60);
        table.running();
        table.later(60);
        table.succeed();
        table.pass();
        assertEquals("Ready Succeeded", table.standing());
    }

    @Test
    void theDeadlineMayBeMovedWhileTheJobRuns() {
        table.job.getSpec().setActiveDeadlineSeconds(60);
        table.running();
        table.later(100);
        table.job.getSpec().setActiveDeadlineSeconds(3600);
        table.pass();
        assertEquals("Ready Training", table.standing());
    }

    @Test
    void aFinishedJobIsDeletedWhenItsTimeHasCome() {
        table.job.getSpec().setTtlSecondsAfterFinished(100);
        table.running();
        table.succeed();
        table.pass();
        table.pods.clear();
        var waiting = table.pass();
        assertFalse(waiting.deleteJob());
        assertEquals(Duration.ofSeconds(100), waiting.again().orElseThrow());
        table.later(100);
        assertTrue(table.pass().deleteJob());
    }

    @Test
    void itsLastWorkersAreLookedAtBeforeThat() {
        table.job.getSpec().setTtlSecondsAfterFinished(100);
        table.running();
        table.succeed();
        table.pass();
        assertEquals(Duration.ofSeconds(10), table.pass().again().orElseThrow(), "when they have to end");
        table.later(10);
        var plan = table.pass();
        assertEquals(List.of("mnist-tj-1-worker-1-0"), table.deleted(plan));
        assertEquals(Duration.ofSeconds(90), plan.again().orElseThrow());
    }

    @Test
    void aFinishedJobWithoutATimeToLiveIsKept() {
        table.running();
        table.succeed();
        table.pass();
        table.later(1_000_000);
        assertFalse(table.pass().deleteJob());
    }
}
