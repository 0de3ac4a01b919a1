package dev.capstan.controllers.job;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.crds.Conditions;
import dev.capstan.protocol.Outcome;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import org.junit.jupiter.api.Test;

/** A program that crashes is told from a machine that is lost. */
class CrashedAttemptTest {
    private final PlanTable table = new PlanTable();

    @Test
    void aProgramThatCrashesAgainAndAgainFailsTheJobWithItsLastSentence() {
        table.maxCrashes(3);
        for (int crash = 1; crash <= 2; crash++) {
            toRunning();
            table.end(1, Outcome.Reason.WorkerError, "index 7 out of bounds");
            table.end(0, Outcome.Reason.PeerLost, "lost worker 1");
            table.pass();
            assertEquals("Reconciling Restarting", table.standing());
            assertEquals(crash, table.job.getStatus().getCrashes());
            assertEquals(crash, table.job.getStatus().getRestarts(), "a crash is a restart, too");
            table.pods.clear();
            table.later(60);
        }
        toRunning();
        table.end(0, Outcome.Reason.WorkerError, "index 7 out of bounds");
        table.end(1, Outcome.Reason.PeerLost, "lost worker 0");
        table.pass();
        assertEquals("Stalled ProgramCrashed", table.standing());
        assertEquals(
                "crashed 3 times in a row with no new checkpoint in between (failurePolicy.maxCrashes is 3):"
                        + " worker 0 (pod mnist-tj-3-worker-0-0): WorkerError: index 7 out of bounds",
                table.condition(Conditions.FAILED).getMessage());
    }

    @Test
    void storageThatDoesntAnswerIsNoCrash() {
        table.maxCrashes(1);
        table.running();
        table.end(0, Outcome.Reason.StorageUnavailable, "output pvc://models/mnist: Stale file handle");
        table.end(1, Outcome.Reason.PeerLost, "lost worker 0");
        table.pass();
        assertEquals("Reconciling Restarting", table.standing());
        assertEquals(1, table.job.getStatus().getRestarts());
        assertEquals(0, table.job.getStatus().getCrashes());
    }

    @Test
    void aProgramThatDiesWithoutAWordHasCrashed() {
        table.maxCrashes(1);
        table.running();
        table.ended(1, 139, "Error", null);
        table.later(5);
        table.pass();
        assertEquals("Stalled ProgramCrashed", table.standing());
        assertEquals(
                "crashed (failurePolicy.maxCrashes is 1): worker 1 (pod mnist-tj-1-worker-1-0): WorkerError:"
                        + " ended with exit code 139 (Error) and without a message",
                table.condition(Conditions.FAILED).getMessage());
    }

    @Test
    void aNewCheckpointBetweenTwoCrashesBeginsTheCountAnew() {
        table.maxCrashes(2);
        crash(100);
        crash(200);
        crash(300);
        assertEquals("Reconciling Restarting", table.standing());
        assertEquals(1, table.job.getStatus().getCrashes());
        assertEquals(300, table.job.getStatus().getLastCheckpoint().getStep());
        crash(300);
        assertEquals("Stalled ProgramCrashed", table.standing(), "the same checkpoint is no progress");
    }

    @Test
    void aLostMachineBetweenTwoCrashesIsNoProgress() {
        table.maxCrashes(2);
        crash(100);
        toRunning();
        table.nodes.remove("b");
        table.pass();
        assertEquals("Reconciling Restarting", table.standing());
        assertEquals(1, table.job.getStatus().getCrashes());
        table.nodes.put("b", true);
        table.pods.clear();
        table.later(60);
        crash(100);
        assertEquals("Stalled ProgramCrashed", table.standing());
    }

    @Test
    void losingPeersOnAllSidesIsNoCrash() {
        table.running();
        table.end(0, Outcome.Reason.PeerLost, "lost worker 1");
        table.end(1, Outcome.Reason.PeerLost, "lost worker 0");
        assertLost();
    }

    @Test
    void aWorkerThatIsKilledAsItsPodIsDeletedHasNotCrashed() {
        table.running();
        table.terminate(1);
        table.ended(1, 137, "Error", null);
        table.end(0, Outcome.Reason.PeerLost, "lost worker 1");
        assertLost();
    }

    @Test
    void aWorkerOfADeadNodeHasNotCrashedWhateverItsPodSays() {
        table.running();
        table.ended(1, 137, "Error", null);
        table.nodes.put("b", false);
        table.end(0, Outcome.Reason.PeerLost, "lost worker 1");
        assertLost();
    }

    @Test
    void aWorkerThatAKubeletFindsDeadAfterItsMachineWasAwayHasNotCrashed() {
        table.running();
        table.ended(1, 255, "Unknown", null);
        table.end(0, Outcome.Reason.PeerLost, "lost worker 1");
        assertLost();
    }

    @Test
    void anErrorOfAWorkerWhosePeerWasEvictedIsNotItsOwn() {
        table.running();
        table.end(0, Outcome.Reason.WorkerError, "connection reset");
        table.status(
                1,
                new PodStatusBuilder()
                        .withPhase("Failed")
                        .withReason("Evicted")
                        .withMessage("The node was low on resource: memory.")
                        .build());
        assertLost();
    }

    @Test
    void moreRestartsThanAllowedFailAlsoAJobThatCrashes() {
        table.maxRestarts(0);
        table.running();
        table.end(1, Outcome.Reason.WorkerError, "index 7 out of bounds");
        table.end(0, Outcome.Reason.PeerLost, "lost worker 1");
        table.pass();
        assertEquals("Stalled RestartsExhausted", table.standing());
        assertTrue(
                table.condition(Conditions.FAILED).getMessage().startsWith("attempt 1 crashed, and"),
                table.condition(Conditions.FAILED).getMessage());
    }

    private void assertLost() {
        table.later(5);
        table.pass();
        assertEquals("Reconciling Restarting", table.standing());
        assertEquals(1, table.job.getStatus().getRestarts());
        assertEquals(0, table.job.getStatus().getCrashes());
    }

    /** Runs to a checkpoint, and crashes. */
    private void crash(long checkpoint) {
        toRunning();
        table.checkpoint(checkpoint);
        table.pass();
        table.end(1, Outcome.Reason.WorkerError, "index 7 out of bounds");
        table.end(0, Outcome.Reason.PeerLost, "lost worker 1");
        table.pass();
        table.pods.clear();
        table.later(60);
    }

    private void toRunning() {
        table.pass();
        table.grant().pass();
        table.make(table.pass());
        table.pass();
        table.run(0, true);
        table.run(1, true);
        table.pass();
        assertEquals("Ready Training", table.standing());
    }
}
