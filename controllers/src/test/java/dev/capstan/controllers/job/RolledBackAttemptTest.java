package dev.capstan.controllers.job;

import static dev.capstan.controllers.plan.Notice.Reason.RolledBack;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.controllers.plan.Refusal;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How gangs that do not become whole are rolled back. */
class RolledBackAttemptTest {
    private final PlanTable table = new PlanTable();

    @Test
    void aGangThatIsNotWholeInTimeIsRolledBackWholeAndCounted() {
        table.timeout(30);
        table.made();
        table.run(0, true);
        table.later(29);
        assertEquals(Duration.ofSeconds(1), table.pass().again().orElseThrow());
        table.later(1);
        table.pass();
        assertEquals("Reconciling PlacementTimedOut", table.standing());
        assertEquals(
                "attempt 1 was rolled back (1 so far): not whole 30 s after its places were granted:"
                        + " 1 of 2 workers are ready",
                table.message());
        assertEquals(2, table.job.getStatus().getAttempt());
        assertEquals(0, table.job.getStatus().getRestarts(), "nothing was lost");
        assertEquals(RolledBack, table.reasons().getLast());
        assertEquals(List.of("mnist-tj-1-worker-0-0", "mnist-tj-1-worker-1-0"), table.deleted(table.pass()));
    }

    @Test
    void aNodeThatIsGoneBeforeItsPodCameRollsTheGangBackAtOnce() {
        table.pass();
        table.grant().pass();
        table.nodes.remove("b");
        var plan = table.pass();
        assertEquals("Reconciling PlaceLost", table.standing());
        assertEquals(
                "attempt 1 was rolled back (1 so far): node b, where worker 1 had its place, is gone", table.message());
        assertEquals(List.of(), plan.children().make());
    }

    @Test
    void aPodThatWasNeverBoundToANodeThatIsGoneRollsTheGangBack() {
        table.made();
        table.run(0, false);
        table.nodes.remove("b");
        table.pass();
        assertEquals("Reconciling PlaceLost", table.standing());
        assertEquals(0, table.job.getStatus().getRestarts(), "nothing was lost");
    }

    /**
     * A node that isn't ready, or is cordoned, between the grant and the pod: the others hold their places for nothing.
     */
    @Test
    void aPodThatTheSchedulerCannotBindForAMinuteRollsTheGangBack() {
        table.made();
        table.run(0, false);
        table.unschedulable(1, "0/2 nodes are available: 1 node(s) were unschedulable");
        table.later(20);
        assertEquals(Duration.ofSeconds(40), table.pass().again().orElseThrow());
        assertEquals("Reconciling PodsStarting", table.standing());
        table.later(40);
        table.pass();
        assertEquals("Reconciling PlaceLost", table.standing());
        assertEquals(
                "attempt 1 was rolled back (1 so far): for 60 s worker 1 could not be bound to node b, where it had its"
                        + " place: 0/2 nodes are available: 1 node(s) were unschedulable",
                table.message());
        assertEquals(0, table.job.getStatus().getRestarts(), "nothing was lost");
    }

    @Test
    void theTimeoutMayBeShorterThanTheSchedulersMinute() {
        table.timeout(30);
        table.made();
        table.unschedulable(1, "0/2 nodes are available");
        assertEquals(Duration.ofSeconds(30), table.pass().again().orElseThrow());
        table.later(30);
        table.pass();
        assertEquals("Reconciling PlacementTimedOut", table.standing());
    }

    @Test
    void aPodThatIsBoundInTheEndKeepsItsPlace() {
        table.made();
        table.unschedulable(1, "0/2 nodes are available");
        table.later(59);
        table.run(0, false);
        table.run(1, false);
        table.later(2);
        table.pass();
        assertEquals("Reconciling PodsStarting", table.standing());
    }

    @Test
    void whenTheJobMayQueueAgainIsInItsStatus() {
        table.made();
        table.later(300);
        table.pass();
        assertEquals("Reconciling PlacementTimedOut", table.standing());
        assertEquals("2026-01-01T00:05:01Z", table.job.getStatus().getRequeueAt());
        table.pods.clear();
        assertEquals(Duration.ofSeconds(1), table.pass().again().orElseThrow());
        assertTrue(table.workload().isEmpty());
        // Whatever the conditions' times say: somebody may have restored them, or an edit changed them.
        table.job.getStatus().setRequeueAt("2026-01-01T00:06:00Z");
        assertEquals(Duration.ofSeconds(60), table.pass().again().orElseThrow());
        table.later(60);
        table.pass();
        assertEquals("Reconciling WaitingForCapacity", table.standing());
        assertNull(table.job.getStatus().getRequeueAt());
    }

    @Test
    void theJobFileOfTheLastAttemptGoesWhenTheNextQueues() {
        var first = table.pass().children().drop();
        assertEquals(List.of(), first, "there was none before");
        table.grant().pass();
        table.make(table.pass());
        table.pass();
        table.later(300);
        table.pass();
        assertEquals(List.of(), table.pass().children().drop(), "its pods may still mount it");
        table.pods.clear();
        table.later(1);
        assertEquals(
                "mnist-tj-1",
                table.pass().children().drop().getFirst().getMetadata().getName());
        assertEquals(List.of(), table.pass().children().drop(), "once is enough");
    }

    @Test
    void aNodeThatIsGoneWithItsPodLosesAWorker() {
        table.running();
        table.nodes.remove("b");
        table.pass();
        assertEquals("Reconciling Restarting", table.standing());
    }

    @Test
    void theTimeoutMayBeChangedWhileTheGangStarts() {
        table.timeout(30);
        table.made();
        table.later(60);
        table.timeout(100);
        table.pass();
        assertEquals("Reconciling PodsStarting", table.standing());
    }

    @Test
    void aPodThatAKubeletTurnsAwayRollsTheGangBack() {
        table.made();
        table.run(0, false);
        table.status(
                1,
                new PodStatusBuilder()
                        .withPhase("Failed")
                        .withReason("OutOfcpu")
                        .withMessage("Node didn't have enough resource: cpu")
                        .build());
        table.pass();
        assertEquals("Reconciling PodRefused", table.standing());
        assertEquals(
                "attempt 1 was rolled back (1 so far): pod mnist-tj-1-worker-1-0: OutOfcpu:"
                        + " Node didn't have enough resource: cpu",
                table.message());
    }

    @Test
    void aPodThatTheApiServerDeniesRollsTheGangBackWithAWait() {
        table.pass();
        table.grant().pass();
        table.later(5);
        table.take(JobPlan.refused(
                table.description(),
                table.world(),
                PlanTable.SETTINGS,
                new Refusal.Denied("pod mnist-tj-1-worker-0-0", "exceeded quota: gpus")));
        assertEquals("Reconciling PodRefused", table.standing());
        assertEquals(
                "attempt 1 was rolled back (1 so far): pod mnist-tj-1-worker-0-0 was refused: exceeded quota: gpus",
                table.message());
        assertEquals(Duration.ofSeconds(1), table.pass().again().orElseThrow());
    }
}
