package dev.capstan.controllers.job;

import static dev.capstan.controllers.plan.Notice.Reason.Admitted;
import static dev.capstan.controllers.plan.Notice.Reason.Drained;
import static dev.capstan.controllers.plan.Notice.Reason.Queued;
import static dev.capstan.controllers.plan.Notice.Reason.Restarting;
import static dev.capstan.controllers.plan.Notice.Reason.Resumed;
import static dev.capstan.controllers.plan.Notice.Reason.Started;
import static dev.capstan.controllers.plan.Notice.Reason.StateNotKept;
import static dev.capstan.controllers.plan.Notice.Reason.Suspended;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.controllers.plan.Children;
import dev.capstan.crds.Conditions;
import dev.capstan.crds.Phase;
import dev.capstan.protocol.Outcome;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** How jobs come to rest and go on. */
class SuspendedJobTest {
    private final PlanTable table = new PlanTable();

    @Test
    void aRunningJobSaysThatItIsToRestBeforeItsPodsAreToldToEnd() {
        table.running();
        table.suspend(true);
        var plan = table.pass();
        assertEquals("Reconciling Suspending", table.standing());
        assertEquals("waits for 2 pods to write a checkpoint and end", table.message());
        assertEquals(Children.UNTOUCHED, plan.children());
        assertEquals(List.of("mnist-tj-1-worker-0-0", "mnist-tj-1-worker-1-0"), table.deleted(table.pass()));
        assertTrue(table.holds(Conditions.ADMITTED), "the pods still have their places");
        assertTrue(JobWorkloads.grant(table.description(), PlanTable.SETTINGS, name -> 0)
                .isPresent());
    }

    @Test
    void itRestsWhenNoPodHoldsAPlaceAnyMore() {
        suspended();
        assertEquals("Ready Suspended", table.standing());
        assertTrue(table.holds(Conditions.SUSPENDED));
        assertEquals(Phase.SUSPENDED, table.job.getStatus().getPhase());
        assertFalse(table.holds(Conditions.ADMITTED));
        assertTrue(
                JobWorkloads.grant(table.description(), PlanTable.SETTINGS, name -> 0)
                        .isEmpty(),
                "its places are free");
        assertTrue(table.workload().isEmpty(), "and it doesn't queue");
        assertNull(table.job.getStatus().getStartTime());
        assertEquals(List.of(Queued, Admitted, Started, Suspended), table.reasons());
        var before = table.job.getStatus().toString();
        table.later(3600);
        table.pass();
        assertEquals(before, table.job.getStatus().toString(), "and nothing changes");
    }

    @Test
    void aJobWhoseQuotaDrainsGivesItsPlacesUpAndQueues() {
        table.running();
        table.drainedBy = Optional.of("vision");
        table.pass();
        assertEquals("Reconciling Suspending", table.standing());
        assertEquals(List.of("mnist-tj-1-worker-0-0", "mnist-tj-1-worker-1-0"), table.deleted(table.pass()));
        table.delete(0);
        table.delete(1);
        table.pass();
        assertEquals("Reconciling Drained", table.standing());
        assertEquals("attempt 1 gave its places up, because the stopPolicy of quota vision is Drain", table.message());
        assertEquals(2, table.job.getStatus().getAttempt());
        assertEquals(List.of(Queued, Admitted, Started, Drained), table.reasons());
        table.pass();
        assertEquals(2, table.workload().orElseThrow().attempt(), "it queues, for as long as nothing is admitted");
    }

    @Test
    void aJobWithoutPlacesIsNotTouchedByAQuotaThatDrains() {
        table.drainedBy = Optional.of("vision");
        table.pass();
        table.pass();
        assertTrue(table.workload().isPresent());
        assertEquals(1, table.job.getStatus().getAttempt());
    }

    @Test
    void aPodWhoseWorkerEndedHoldsNoPlaceThoughItIsStillThere() {
        table.running();
        table.suspend(true);
        table.pass();
        table.end(0, Outcome.Reason.Terminated, "asked to stop");
        table.end(1, Outcome.Reason.Terminated, "asked to stop");
        table.pass();
        assertEquals("Ready Suspended", table.standing());
    }

    @Test
    void aJobWhoseStateCannotBeKeptIsAskedForItAsLongAsAGangMayTakeAndThenStopped() {
        table.timeout(120);
        table.running();
        table.checkpoint(4000, "checkpoint.storage pvc://models/mnist is full");
        table.pass();
        assertEquals(
                "2 workers train; checkpoint.storage pvc://models/mnist is full",
                table.condition(Conditions.READY).getMessage());
        table.suspend(true);
        var plan = table.pass();
        assertEquals("Reconciling StateNotKept", table.standing());
        assertEquals(
                "checkpoint.storage pvc://models/mnist is full; it is tried again for up to 120 s"
                        + " (scheduling.timeoutSeconds), and then the job stops without: it goes back to step 4000",
                table.message());
        assertEquals(Optional.of("suspend 1"), plan.checkpoint());
        assertTrue(plan.follow().isPresent(), "by the worker that is asked");
        assertEquals(List.of(), table.deleted(plan));
        table.later(119);
        assertEquals(List.of(), table.deleted(table.pass()));
        assertEquals(Duration.ofSeconds(1), table.pass().again().orElseThrow());
        table.later(1);
        table.pass();
        assertEquals("Reconciling Suspending", table.standing());
        assertEquals(2, table.deleted(table.pass()).size());
        table.end(0, Outcome.Reason.StateNotKept, "its state is lost: checkpoint.storage pvc://models/mnist is full");
        table.end(1, Outcome.Reason.StateNotKept, "its state is lost: rank 0 could not write the checkpoint");
        table.pass();
        assertEquals("Ready Suspended", table.standing());
        var lost = "no worker runs and no place is held; with suspend: false the job queues again, and it goes back to"
                + " step 4000: its state could not be kept (its state is lost: checkpoint.storage pvc://models/mnist is"
                + " full)";
        assertEquals(lost, table.condition(Conditions.SUSPENDED).getMessage());
        assertEquals("StateNotKept", table.condition(Conditions.SUSPENDED).getReason());
        assertEquals(
                List.of(Suspended, StateNotKept), table.reasons().subList(table.told.size() - 2, table.told.size()));
        table.pods.clear();
        table.pass();
        assertEquals(lost, table.condition(Conditions.SUSPENDED).getMessage(), "also when nobody else remembers");
        table.suspend(false);
        table.pass();
        assertEquals("Reconciling WaitingForCapacity", table.standing());
    }

    @Test
    void asSoonAsTheStateIsKeptTheJobStops() {
        table.running();
        table.checkpoint(4000, "checkpoint.storage pvc://models/mnist is full");
        table.pass();
        table.suspend(true);
        table.pass();
        table.doneRequest = Optional.of("suspend 1");
        table.pass();
        assertEquals("Reconciling Suspending", table.standing());
    }

    @Test
    void whoThinksBetterOfItMeanwhileHasTheJobTrainOn() {
        table.running();
        table.checkpoint(4000, "checkpoint.storage pvc://models/mnist is full");
        table.suspend(true);
        table.pass();
        assertEquals("Reconciling StateNotKept", table.standing());
        table.suspend(false);
        table.pass();
        assertEquals("Ready Training", table.standing());
        assertEquals(1, table.job.getStatus().getAttempt());
    }

    @Test
    void aJobThatRestsShowsNoSpeedAndNoTimeLeft() {
        table.running();
        table.checkpoint(4000);
        table.pass();
        assertEquals(1000L, table.job.getStatus().getProgress().getSamplesPerSecond());
        table.suspend(true);
        table.pass();
        table.pass();
        table.pods.clear();
        table.pass();
        var progress = table.job.getStatus().getProgress();
        assertNull(progress.getSamplesPerSecond());
        assertNull(progress.getEstimatedSecondsRemaining());
        assertEquals("42%", progress.getSummary(), "how far it is, it knows");
    }

    @Test
    void aPodThatCannotEndOnADeadNodeKeepsNobodyFromRest() {
        table.running();
        table.suspend(true);
        table.pass();
        table.nodes.put("b", false);
        table.delete(0);
        var plan = table.pass();
        assertEquals("Ready Suspended", table.standing());
        assertEquals(List.of("mnist-tj-1-worker-1-0"), table.deleted(plan), "and it is told to end all the same");
        assertEquals(
                "0/2", table.job.getStatus().getWorkers().getSummary(), "nobody works, whatever that pod last said");
    }

    @Test
    void itGoesOnWithANewAttemptThatIsNeitherRestartNorRollback() {
        suspended();
        table.later(3600);
        table.suspend(false);
        table.pass();
        assertEquals("Reconciling WaitingForCapacity", table.standing(), "at once");
        assertFalse(table.holds(Conditions.SUSPENDED));
        assertEquals(2, table.job.getStatus().getAttempt());
        assertEquals(0, table.job.getStatus().getRestarts());
        assertEquals(0, table.job.getStatus().getRollbacks());
        assertEquals(2, table.workload().orElseThrow().attempt());
        assertEquals(List.of(Queued, Admitted, Started, Suspended, Queued, Resumed), table.reasons());
        table.grant().pass();
        assertEquals("2026-01-01T01:00:00Z", table.job.getStatus().getStartTime(), "the time begins anew");
    }

    @Test
    void aRollbackAfterASuspensionIsTheFirst() {
        suspended();
        table.suspend(false);
        table.timeout(30);
        table.pass();
        table.grant().pass();
        table.make(table.pass());
        table.later(30);
        table.pass();
        assertTrue(table.message().startsWith("attempt 2 was rolled back (1 so far)"), table.message());
    }

    @Test
    void aWishThatIsTakenBackTooLateCostsAnAttemptAndCountsAsNoLoss() {
        table.running();
        table.suspend(true);
        table.pass();
        table.suspend(false);
        table.pass();
        assertEquals("Reconciling Suspending", table.standing(), "there is no way back");
        table.terminate(0);
        table.terminate(1);
        table.end(0, Outcome.Reason.Terminated, "asked to stop");
        table.end(1, Outcome.Reason.Terminated, "asked to stop");
        table.pass();
        assertEquals("Reconciling Resumed", table.standing());
        assertEquals(2, table.job.getStatus().getAttempt());
        assertEquals(0, table.job.getStatus().getRestarts());
        table.pods.clear();
        table.pass();
        assertEquals("Reconciling WaitingForCapacity", table.standing());
        assertFalse(table.reasons().contains(Restarting));
    }

    @Test
    void aJobThatIsToRestBeforeItStartsJustDoesNotQueue() {
        table.suspend(true);
        table.pass();
        assertEquals("Ready Suspended", table.standing());
        assertTrue(table.workload().isEmpty());
        assertEquals(1, table.job.getStatus().getAttempt());
        table.suspend(false);
        table.pass();
        assertEquals("Reconciling WaitingForCapacity", table.standing());
        assertEquals(1, table.job.getStatus().getAttempt());
    }

    @Test
    void aQueuedJobThatIsToRestAsksForNoPlacesAlreadyBeforeItsStatusSaysSo() {
        table.pass();
        table.suspend(true);
        assertTrue(table.workload().isEmpty());
    }

    @Test
    void placesThatWereGrantedMeanwhileAreGivenUp() {
        table.pass();
        table.suspend(true);
        table.grant().pass();
        table.pass();
        assertEquals("Ready Suspended", table.standing());
        assertTrue(JobWorkloads.grant(table.description(), PlanTable.SETTINGS, name -> 0)
                .isEmpty());
        assertEquals(2, table.job.getStatus().getAttempt());
    }

    @Test
    void aJobThatCompletesWhileItIsToRestIsComplete() {
        table.running();
        table.suspend(true);
        table.pass();
        table.succeed();
        table.pass();
        assertEquals("Ready Succeeded", table.standing());
        table.pass();
        assertEquals("Ready Succeeded", table.standing(), "and stays so");
    }

    @Test
    void aFinishedJobIsNotChangedByTheWish() {
        table.running();
        table.succeed();
        table.pass();
        var before = table.job.getStatus().toString();
        table.suspend(true);
        table.pass();
        assertEquals(before, table.job.getStatus().toString());
    }

    @Test
    void aMistakeThatIsFoundMeanwhileFailsTheJob() {
        table.running();
        table.suspend(true);
        table.pass();
        table.end(0, Outcome.Reason.InvalidData, "train/x.gz is truncated");
        table.pass();
        assertEquals("Stalled InvalidData", table.standing());
    }

    @Test
    void aWorkerThatIsLostMeanwhileIsNoLoss() {
        table.running();
        table.suspend(true);
        table.pass();
        table.delete(0);
        table.end(1, Outcome.Reason.PeerLost, "lost worker 0");
        table.pass();
        assertEquals("Ready Suspended", table.standing());
        assertEquals(0, table.job.getStatus().getRestarts());
    }

    @Test
    void aLostAttemptsPodsEndBeforeTheJobRests() {
        table.running();
        table.delete(1);
        table.pass();
        table.suspend(true);
        assertEquals(List.of("mnist-tj-1-worker-0-0"), table.deleted(table.pass()));
        assertEquals("Reconciling Suspending", table.standing());
        table.pods.clear();
        table.pass();
        assertEquals("Ready Suspended", table.standing());
        assertEquals(2, table.job.getStatus().getAttempt());
        assertEquals(1, table.job.getStatus().getRestarts());
    }

    @Test
    void whetherTheLastPodIsGoneIsNotBelievedOfACache() {
        table.running();
        table.suspend(true);
        table.pass();
        assertTrue(JobPlan.misses(table.description(), List.of()));
        assertFalse(JobPlan.misses(table.description(), List.copyOf(table.pods.values())));
    }

    @Test
    void aRestingJobSaysWhereItWillGoOn() {
        table.running();
        table.checkpoint(4000);
        table.pass();
        suspend();
        assertEquals(
                "no worker runs and no place is held; with suspend: false the job queues again"
                        + " and goes on from step 4000 or later",
                table.condition(Conditions.SUSPENDED).getMessage());
        assertEquals(4000, table.job.getStatus().getProgress().getStep(), "how far it was can still be read");
    }

    private void suspended() {
        table.running();
        suspend();
    }

    private void suspend() {
        table.suspend(true);
        table.pass();
        table.make(table.pass());
        table.pass();
    }
}
