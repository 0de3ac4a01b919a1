package dev.capstan.controllers.job;

import static dev.capstan.controllers.plan.Notice.Reason.Admitted;
import static dev.capstan.controllers.plan.Notice.Reason.Queued;
import static dev.capstan.controllers.plan.Notice.Reason.Recovered;
import static dev.capstan.controllers.plan.Notice.Reason.Started;
import static dev.capstan.controllers.plan.Notice.Reason.WorkerLost;
import static dev.capstan.controllers.plan.Notice.Reason.WorkerReplaced;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.crds.Placement;
import dev.capstan.protocol.Events;
import dev.capstan.protocol.Membership;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Lost workers are replaced while the others keep their state. Each pass has nothing but status, pods and voices. */
class TermsTest {
    private final TermsTable terms = new TermsTable();
    private final PlanTable table = terms.table;

    /** A taint on the node that all of them were on. */
    @Test
    void whoHadAllPodsGoIsSaid() {
        terms.trains();
        for (int rank = 0; rank < 2; rank++) {
            table.disrupt(rank, "DeletionByTaintManager", "why");
            table.lastWords.hear(table.pods.get(table.name(rank)), Optional.of(table.description()));
        }
        table.delete(0);
        table.delete(1);
        table.pass();
        assertEquals(
                "attempt 1 was lost: worker 0 was lost: its pod mnist-tj-1-worker-0-0 had to go: DeletionByTaintManager:"
                        + " why; worker 1 was lost: its pod mnist-tj-1-worker-1-0 had to go: DeletionByTaintManager: why;"
                        + " no worker is left that has the training's state",
                table.message());
    }

    /** One was drained last night and replaced; what ends the attempt now has nothing to do with it. */
    @Test
    void whoHadAPodGoThatWasReplacedSinceIsntSaidAgain() {
        terms.trains();
        table.disrupt(1, "EvictionByEvictionAPI", "Eviction API: evicting");
        table.lastWords.hear(table.pods.get(table.name(1)), Optional.of(table.description()));
        terms.mend(1, 1);
        assertEquals(Map.of("Evicted", 1), table.job.getStatus().getRecovery().getRestartsByCause());
        table.delete(0);
        table.delete(1);
        table.pass();
        assertEquals(
                "attempt 1 was lost: worker 0 was lost: its pod was deleted; worker 1 was lost: its pod was deleted; no"
                        + " worker is left that has the training's state",
                table.message());
    }

    @Test
    void aLostWorkerIsReplacedStepByStepAndTheAttemptGoesOn() {
        terms.trains();
        var survivor = table.pods.get("mnist-tj-1-worker-0-0");
        table.ended(1, 137, "Error", null);
        var lost = table.pass();
        assertEquals(List.of(), table.podNames(lost), "it is written down first");
        assertEquals(1, terms.replaced(1));
        assertEquals("Ready Training", table.standing());
        assertEquals(
                "2026-01-01T00:00:00Z", table.job.getStatus().getMembership().getSince());
        assertEquals(100, table.job.getStatus().getMembership().getSinceStep());
        assertEquals(List.of("Killed"), lost.gang().orElseThrow().lost());

        var made = table.pass();
        assertEquals(List.of("mnist-tj-1-worker-1-1"), table.podNames(made));
        assertEquals(List.of(), table.deleted(made), "its log may say more than its exit code");
        table.make(made);
        assertEquals(Optional.empty(), table.pass().gang().orElseThrow().membership(), "it has no address yet");
        assertTrue(
                table.condition("PodsReady")
                        .getMessage()
                        .endsWith("; the others keep their state and wait for worker 1"),
                table.condition("PodsReady").getMessage());
        table.run(1, false);

        table.later(3);
        var joins = table.pass();
        assertEquals(1, table.job.getStatus().getTerm());
        var membership = new Membership(
                1,
                1,
                List.of(
                        new Membership.Member("mnist-tj-1-worker-0-0", "10.0.0.0:29400"),
                        new Membership.Member("mnist-tj-1-worker-1-1", "10.0.0.1:29400")));
        assertEquals(Optional.of(membership), joins.gang().orElseThrow().membership());
        terms.hear(0, TermsTable.event(1, 0, Events.Kind.LOST, 1));
        assertEquals(
                Optional.of(membership),
                table.pass().gang().orElseThrow().membership(),
                "a new leader tells them again; what they lost before is no news");

        terms.hear(0, TermsTable.event(1, 0, Events.Kind.LOST, 1), TermsTable.event(2, 1, Events.Kind.RECOVERED));
        table.run(1, true);
        var settled = table.pass();
        assertEquals(Optional.empty(), settled.gang().orElseThrow().membership());
        assertEquals(
                Optional.of(Duration.ofSeconds(3)), settled.gang().orElseThrow().recovered());
        var status = table.job.getStatus();
        assertNull(status.getMembership().getSince());
        assertEquals(1, status.getMembership().getSettled());
        assertEquals("3.000", status.getRecovery().getLastSeconds());
        assertEquals(100, status.getRecovery().getLastStep());
        assertEquals(Map.of("Killed", 1), status.getRecovery().getRestartsByCause());
        assertEquals(
                List.of(1, 0, 0, 0),
                List.of(
                        status.getAttempt(),
                        status.getRestarts(),
                        status.getCrashes(),
                        status.getRestartsWithoutProgress()));
        assertEquals(List.of(Queued, Admitted, Started, WorkerLost, WorkerReplaced, Recovered), table.reasons());
        assertEquals(
                "worker 1 on node b was lost (Killed): pod mnist-tj-1-worker-1-0 ended with exit code 137 (Error) and"
                        + " without a message; the other workers keep their state",
                table.told.get(3).note());
        assertEquals(
                "worker 1 is pod mnist-tj-1-worker-1-1 on node b now, from term 1 on",
                table.told.get(4).note());
        assertEquals(
                "all 2 workers are at work again after 3.000 s, at step 100, in term 1",
                table.told.get(5).note());
        assertEquals(survivor, table.pods.get("mnist-tj-1-worker-0-0"));
        var before = table.job.getStatus();
        assertEquals(before, table.pass().status(), "and that is that");
    }

    @Test
    void ofALostNodeThePlaceIsGivenBackAndAnotherIsWaitedFor() {
        terms.trains();
        table.nodes.put("b", false);
        table.terminate(1);
        table.pass();
        var old = new Placement().setRank(1).setNode("b");
        assertEquals(List.of(old), JobWorkloads.givenBack(table.job));
        assertEquals(List.of(), table.podNames(table.pass()), "not on a place that is given back");

        // Admission takes it back.
        terms.place(0, "a");
        var waits = table.pass();
        assertEquals(List.of(), JobWorkloads.givenBack(table.job));
        assertEquals(List.of(), table.podNames(waits));
        assertTrue(table.workload().isPresent(), "it asks for another");
        table.verdict = Optional.of(new dev.capstan.controllers.plan.Wait(
                dev.capstan.controllers.plan.WaitReason.WAITING_FOR_CAPACITY, "needs 1 pod, 0 free"));
        table.pass();
        assertTrue(
                table.condition("PodsReady").getMessage().endsWith("which waits for a place: needs 1 pod, 0 free"),
                table.condition("PodsReady").getMessage());

        table.verdict = Optional.empty();
        terms.place(0, "a", 1, "c");
        table.nodes.put("c", true);
        var made = table.pass();
        assertEquals(List.of("mnist-tj-1-worker-1-1"), table.podNames(made));
        assertTrue(made.children().make().getFirst().toString().contains("values=[c]"), made.toString());
        assertTrue(table.workload().isEmpty(), "it lacks none");
    }

    @Test
    void aPlaceThatTheSchedulerFindsNoWayToIsGivenBack() {
        terms.trains();
        table.ended(1, 137, "Error", null);
        table.pass();
        table.make(table.pass());
        table.unschedulable(1, "node(s) were unschedulable");
        table.later(4);
        table.pass();
        assertEquals(1, terms.replaced(1));
        table.later(1);
        table.pass();
        assertEquals(2, terms.replaced(1));
        assertEquals(1, JobWorkloads.givenBack(table.job).size());
        assertEquals(1, table.job.getStatus().getRecovery().getRestarts(), "no loss");
    }

    @Test
    void workersThatLostEachOtherAndAreAllThereMeetInANewTerm() {
        terms.trains();
        terms.hear(0, TermsTable.event(1, 0, Events.Kind.LOST, 1));
        terms.hear(1, TermsTable.event(1, 0, Events.Kind.LOST, 0));
        assertEquals(Duration.ofSeconds(5), table.pass().again().orElseThrow());
        assertNull(table.job.getStatus().getTerm());
        table.later(5);
        var plan = table.pass();
        assertEquals(1, plan.gang().orElseThrow().membership().orElseThrow().term());
        table.later(1);
        terms.hear(1, TermsTable.event(1, 0, Events.Kind.LOST, 0), TermsTable.event(2, 1, Events.Kind.RECOVERED));
        table.pass();
        assertEquals("1.000", table.job.getStatus().getRecovery().getLastSeconds());
        assertEquals(
                Map.of(),
                Optional.ofNullable(table.job.getStatus().getRecovery().getRestartsByCause())
                        .orElse(Map.of()));
    }

    @Test
    void aRankThatDiesAgainAndAgainBeforeAStepIsMadeEndsTheJob() {
        table.maxRestarts(2);
        terms.trains();
        table.delete(1);
        table.pass();
        for (int again = 1; again <= 2; again++) {
            table.make(table.pass());
            table.run(1, false);
            table.ended(1, 137, "Error", null);
            table.pass();
            assertEquals(again + 1, terms.replaced(1));
            assertEquals(again, table.job.getStatus().getRestartsWithoutProgress());
        }
        table.make(table.pass());
        table.run(1, false);
        table.pass();
        assertEquals(1, table.job.getStatus().getTerm());
        table.delete(1);
        table.pass();
        assertEquals("Stalled RestartsExhausted", table.standing());
    }

    @Test
    void lossesBetweenWhichStepsAreMadeNeverDo() {
        table.maxRestarts(0);
        terms.trains();
        for (int night = 1; night <= 5; night++) {
            terms.mend(1, night);
            table.checkpoint(100 + night);
            table.pass();
        }
        var status = table.job.getStatus();
        assertEquals(
                List.of(1, 5, 5, 0),
                List.of(
                        status.getAttempt(),
                        status.getTerm(),
                        status.getRecovery().getRestarts(),
                        status.getRestartsWithoutProgress()));
        terms.mend(1, 6);
        table.delete(1);
        table.pass();
        assertEquals("Stalled RestartsExhausted", table.standing(), "none was made this time");
    }

    @Test
    void twoThatAreLostAtOnceComeInOneTermRankZeroToo() {
        table.job.getSpec().getWorkers().setReplicas(3);
        table.pass();
        terms.place(0, "a", 1, "b", 2, "a");
        table.pass();
        table.make(table.pass());
        table.pass();
        for (int rank = 0; rank < 3; rank++) {
            table.run(rank, true);
        }
        table.pass();
        terms.speak(0, 1, 2);
        table.delete(0);
        table.delete(1);
        table.pass();
        assertEquals(2, table.job.getStatus().getRecovery().getRestarts());
        var made = table.pass();
        assertEquals(List.of("mnist-tj-1-worker-0-1", "mnist-tj-1-worker-1-1"), table.podNames(made));
        table.make(made);
        table.run(0, false);
        assertEquals(Optional.empty(), table.pass().gang().orElseThrow().membership());
        table.checkpoint(0);
        assertEquals(
                100, table.pass().status().getProgress().getStep(), "who is new doesn't know how far the others are");
        table.run(1, false);
        assertEquals(
                3,
                table.pass()
                        .gang()
                        .orElseThrow()
                        .membership()
                        .orElseThrow()
                        .members()
                        .size());

        // The last one that has the state is lost before the newcomers are known to have it.
        table.delete(2);
        table.pass();
        assertEquals("Reconciling Restarting", table.standing());
        assertTrue(table.message().endsWith("no worker is left that has the training's state"), table.message());
        assertNull(table.job.getStatus().getMembership());
        assertEquals(1, table.job.getStatus().getTerm(), "terms are counted through the job's life");
    }

    @Test
    void whatTheWorkersCannotDoEndsTheAttempt() {
        terms.trains();
        table.delete(1);
        table.pass();
        table.make(table.pass());
        table.run(1, false);
        table.pass();
        table.voices = new Voices(table.voices.heard(), Map.of(), Optional.of("worker 0 can't go on in term 1"));
        table.pass();
        assertEquals("Reconciling Restarting", table.standing());
        assertEquals(1, table.job.getStatus().getRestarts());
    }

    @Test
    void whatTakesLongerThanTheWorkersWaitEndsTheAttempt() {
        terms.trains();
        table.delete(1);
        table.pass();
        var plan = table.pass();
        assertEquals(Duration.ofSeconds(330), plan.again().orElseThrow());
        table.later(330);
        table.pass();
        assertEquals("Reconciling Restarting", table.standing());
        assertEquals(
                "attempt 1 was lost: not all workers were together again 330 s after one was lost", table.message());
    }

    @Test
    void aPlaceWhoseWorkerDiedIsKeptForTheNext() {
        table.running();
        assertFalse(grantKeeps());
        terms.speak(0, 1);
        assertTrue(grantKeeps());
    }

    private boolean grantKeeps() {
        return JobWorkloads.grant(table.description(), PlanTable.SETTINGS, name -> 0)
                .orElseThrow()
                .keeps();
    }
}
