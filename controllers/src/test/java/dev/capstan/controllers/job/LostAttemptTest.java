package dev.capstan.controllers.job;

import static dev.capstan.controllers.plan.Notice.Reason.Admitted;
import static dev.capstan.controllers.plan.Notice.Reason.Failed;
import static dev.capstan.controllers.plan.Notice.Reason.Queued;
import static dev.capstan.controllers.plan.Notice.Reason.Restarting;
import static dev.capstan.controllers.plan.Notice.Reason.Started;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.controllers.plan.Children;
import dev.capstan.crds.Conditions;
import dev.capstan.protocol.Outcome;
import dev.capstan.protocol.Progress;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How attempts are lost, and what follows. */
class LostAttemptTest {
    private final PlanTable table = new PlanTable();

    @Test
    void whatNoAttemptCanMendFailsTheJobAtOnceWithTheWorkersSentence() {
        table.running();
        table.end(1, Outcome.Reason.InvalidData, "train/x.gz is truncated");
        table.pass();
        assertEquals("Stalled InvalidData", table.standing());
        assertTrue(table.holds(Conditions.FAILED));
        assertEquals(
                "worker 1 (pod mnist-tj-1-worker-1-0): train/x.gz is truncated",
                table.condition(Conditions.FAILED).getMessage());
        assertEquals("2026-01-01T00:00:00Z", table.job.getStatus().getCompletionTime());
        assertEquals(List.of(Queued, Admitted, Started, Failed), table.reasons());
    }

    @Test
    void aPeersLossDoesNotHideTheRealCauseThatIsHeardLater() {
        table.running();
        table.end(0, Outcome.Reason.PeerLost, "lost worker 1");
        var plan = table.pass();
        assertEquals("Ready Training", table.standing());
        assertEquals(AttemptOutcome.HEAR_THEM_ALL, plan.again().orElseThrow());
        table.later(2);
        table.end(1, Outcome.Reason.InvalidData, "train/x.gz is truncated");
        table.pass();
        assertEquals("Stalled InvalidData", table.standing());
    }

    @Test
    void ofTwoHopelessOutcomesTheFirstCounts() {
        table.running();
        table.end(1, Outcome.Reason.Diverged, "loss is NaN");
        table.later(1);
        table.end(0, Outcome.Reason.InvalidData, "nonsense");
        table.pass();
        assertEquals("Stalled Diverged", table.standing());
    }

    @Test
    void workersWhoseMemoryLimitWasTooSmallFailTheJob() {
        limitMemory();
        table.running();
        table.ended(1, 137, "OOMKilled", null);
        table.pass();
        assertEquals("Stalled OutOfMemory", table.standing());
        assertTrue(table.condition(Conditions.FAILED).getMessage().contains("memory limit of 1Gi"));
    }

    @Test
    void aKillThatNobodyExplainsIsTriedAgainAndTheUserHearsThatItMayHaveBeenTheMemory() {
        limitMemory();
        table.running();
        table.ended(1, 137, "Error", null);
        table.later(5);
        table.pass();
        assertEquals("Reconciling Restarting", table.standing());
        assertEquals(
                "attempt 1 crashed: worker 1 (pod mnist-tj-1-worker-1-0): WorkerError: ended with exit code 137 (Error)"
                        + " and without a message; if it was killed at its memory limit of 1Gi, raise memory in"
                        + " workers.resources.limits, or make training.batchSize or the model smaller, or"
                        + " training.accumulateSteps larger, or take training.engine Deeplearning4j, which needs some 250 MiB less than LibTorch",
                table.message());
    }

    @Test
    void aKillOfAWorkerWithoutALimitIsNotLaidToItsMemory() {
        table.running();
        table.ended(1, 137, "Error", null);
        table.later(5);
        table.pass();
        assertTrue(table.message().endsWith("ended with exit code 137 (Error) and without a message"), table.message());
    }

    @Test
    void aWorkerThatCrashedWithoutAWordIsTriedAgain() {
        table.running();
        table.ended(1, 139, "Error", null);
        table.later(5);
        table.pass();
        assertEquals("Reconciling Restarting", table.standing());
        assertTrue(table.message().contains("exit code 139"), table.message());
    }

    @Test
    void aTruncatedLastWordLeavesTheExitCode() {
        table.running();
        table.ended(1, 11, "Error", "{\"reason\": \"Inva");
        table.pass();
        assertEquals("Stalled InvalidData", table.standing());
    }

    @Test
    void aLostPodBeginsANewAttemptByItsNumberBeforeAnythingIsMade() {
        table.running();
        table.delete(1);
        var plan = table.pass();
        assertEquals("Reconciling Restarting", table.standing());
        assertEquals("attempt 1 was lost: the pod of worker 1 was deleted", table.message());
        assertEquals(2, table.job.getStatus().getAttempt());
        assertEquals(1, table.job.getStatus().getRestarts());
        assertEquals(Children.UNTOUCHED, plan.children());
        assertFalse(table.holds(Conditions.ADMITTED), "a new attempt has no places yet");
        assertEquals(Restarting, table.reasons().getLast());
    }

    @Test
    void theOldPodsMustBeGoneBeforeTheNextAttemptQueues() {
        table.running();
        table.delete(1);
        table.pass();
        table.later(60);
        var plan = table.pass();
        assertEquals(List.of("mnist-tj-1-worker-0-0"), table.deleted(plan));
        assertEquals("Reconciling Restarting", table.standing());
        table.pods.values().forEach(pod -> pod.getMetadata().setDeletionTimestamp(table.now.toString()));
        assertEquals(List.of(), table.deleted(table.pass()), "deleted once");
        assertEquals("attempt 1 was lost: the pod of worker 1 was deleted", table.message());
        table.pods.clear();
        table.pass();
        assertEquals("Reconciling WaitingForCapacity", table.standing());
        assertEquals(
                "attempt 1 was lost: the pod of worker 1 was deleted",
                table.condition(Conditions.PODS_READY).getMessage(),
                "why can still be read");
    }

    @Test
    void aPodThatCannotEndOnADeadNodeBlocksNobody() {
        table.running();
        table.terminate(1);
        table.nodes.put("b", false);
        table.pass();
        assertEquals(
                "attempt 1 was lost: pod mnist-tj-1-worker-1-0 was lost: its node b is not ready", table.message());
        table.pods.remove("mnist-tj-1-worker-0-0");
        table.later(60);
        table.pass();
        assertEquals("Reconciling WaitingForCapacity", table.standing());
    }

    @Test
    void aPodThatIsTerminatingOnALiveNodeIsNeitherRunningNorLost() {
        table.running();
        table.terminate(1);
        table.later(600);
        table.pass();
        assertEquals("Ready Training", table.standing());
        assertEquals(1, table.job.getStatus().getAttempt());
        table.end(1, Outcome.Reason.Terminated, "asked to stop");
        table.end(0, Outcome.Reason.PeerLost, "lost worker 1");
        table.pass();
        assertEquals(
                "attempt 1 was lost: worker 1 (pod mnist-tj-1-worker-1-0): Terminated: asked to stop", table.message());
    }

    @Test
    void aPodWhoseNodeIsGoneIsLost() {
        table.running();
        table.nodes.remove("b");
        table.pass();
        assertEquals("attempt 1 was lost: pod mnist-tj-1-worker-1-0 was lost: its node b is gone", table.message());
    }

    @Test
    void anEvictedPodIsLostAndSaysWhy() {
        table.running();
        table.status(
                1,
                new PodStatusBuilder()
                        .withPhase("Failed")
                        .withReason("Evicted")
                        .withMessage("The node was low on resource: memory.")
                        .build());
        table.pass();
        assertEquals(
                "attempt 1 was lost: pod mnist-tj-1-worker-1-0 was lost: Evicted: The node was low on resource: memory.",
                table.message());
    }

    @Test
    void whoHadAPodGoIsSaidAlsoWhenItIsGoneBeforeAPassLooks() {
        toRunning();
        table.disrupt(1, "EvictionByEvictionAPI", "Eviction API: evicting");
        table.lastWords.hear(table.pods.get(table.name(1)), Optional.of(table.description()));
        table.delete(1);
        table.pass();
        assertEquals(
                "attempt 1 was lost: the pod of worker 1 was deleted; pod mnist-tj-1-worker-1-0 had to go:"
                        + " EvictionByEvictionAPI: Eviction API: evicting",
                table.message());
        table.pods.clear();
        table.later(60);
        table.pass();
        table.grant().pass();
        table.make(table.pass());
        table.run(0, true);
        table.run(1, true);
        table.pass();
        table.delete(0);
        table.pass();
        assertEquals("attempt 2 was lost: the pod of worker 0 was deleted", table.message(), "that was the last one's");
    }

    /** A scheduler that makes room for a pod of higher priority, and a node that nobody may be on any more. */
    @ParameterizedTest
    @ValueSource(strings = {"PreemptionByScheduler", "DeletionByTaintManager"})
    void whatHadAPodGoIsSaidAlsoWhenAllStoppedForIt(String reason) {
        toRunning();
        table.disrupt(1, reason, "why");
        table.lastWords.hear(table.pods.get(table.name(1)), Optional.of(table.description()));
        table.delete(1);
        table.end(0, Outcome.Reason.Terminated, "asked to stop");
        table.pass();
        assertEquals(
                "attempt 1 was lost: the pod of worker 1 was deleted, and all stopped; worker 0 (pod"
                        + " mnist-tj-1-worker-0-0): Terminated: asked to stop; pod mnist-tj-1-worker-1-0 had to go: "
                        + reason + ": why",
                table.message());
    }

    /** Its own last word went with it, and so did what the operator that led then had heard. */
    @Test
    void whoseDeletionStoppedAllIsSaid() {
        toRunning();
        table.delete(1);
        table.end(0, Outcome.Reason.Terminated, "asked to stop, and did so after step 7");
        table.pass();
        assertEquals(
                "attempt 1 was lost: the pod of worker 1 was deleted, and all stopped; worker 0 (pod"
                        + " mnist-tj-1-worker-0-0): Terminated: asked to stop, and did so after step 7",
                table.message());
    }

    /** Such as the finalizer of an audit, that nobody takes away. */
    @Test
    void aPodThatHasEndedAndIsKeptThereIsWaitedForByNobody() {
        toRunning();
        table.delete(1);
        table.pass();
        table.pods.values().forEach(pod -> pod.getMetadata().setDeletionTimestamp(table.now.toString()));
        table.later(60);
        table.pass();
        assertEquals("Reconciling Restarting", table.standing(), "its container may still run");
        table.endLate(1, 0, new Outcome(Outcome.Reason.Terminated, "asked to stop", null));
        table.pass();
        assertEquals("Reconciling WaitingForCapacity", table.standing());
    }

    @Test
    void attemptsAreTriedAgainAfterGrowingWaits() {
        table.maxRestarts(100);
        for (int seconds : List.of(1, 2, 4, 8, 16, 32, 60, 60)) {
            toRunning();
            table.delete(1);
            table.pass();
            table.pods.clear();
            table.later(seconds - 1);
            if (seconds > 1) {
                assertEquals(Duration.ofSeconds(1), table.pass().again().orElseThrow());
                assertEquals("Reconciling Restarting", table.standing());
            }
            table.later(1);
            table.pass();
            assertEquals("Reconciling WaitingForCapacity", table.standing(), seconds + " s");
        }
    }

    @Test
    void moreLossesThanAllowedFailTheJob() {
        table.maxRestarts(1);
        toRunning();
        table.delete(1);
        table.pass();
        table.pods.clear();
        table.later(1);
        toRunning();
        table.delete(0);
        table.pass();
        assertEquals("Stalled RestartsExhausted", table.standing());
        assertEquals(
                "attempt 2 was lost, and failurePolicy.maxRestarts allows 1 restarts with no newer checkpoint in between:"
                        + " the pod of worker 0 was deleted",
                table.condition(Conditions.FAILED).getMessage());
    }

    /** A nightly drain doesn't end a week's training. */
    @Test
    void whatMadeProgressSinceTheLastLossIsNoFailure() {
        table.maxRestarts(1);
        for (int night = 1; night <= 7; night++) {
            toRunning();
            table.checkpoint(night * 1000L);
            table.pass();
            table.delete(1);
            table.pass();
            assertEquals("Reconciling Restarting", table.standing(), "night " + night);
            assertEquals(night, table.job.getStatus().getRestarts());
            assertEquals(1, table.job.getStatus().getRestartsWithoutProgress());
            table.pods.clear();
            table.progress = Optional.empty();
            table.later(1);
        }
        toRunning();
        table.checkpoint(7000);
        table.delete(1);
        table.pass();
        assertEquals("Stalled RestartsExhausted", table.standing(), "no newer one than the last time");
    }

    /** The checkpoint that a worker writes when its node is drained may be heard of when the next attempt has begun. */
    @Test
    void progressThatIsHeardOfLateCountsToo() {
        toRunning();
        table.delete(1);
        table.pass();
        assertEquals(1, table.job.getStatus().getRestartsWithoutProgress());
        table.endLate(
                1,
                0,
                new Outcome(
                        Outcome.Reason.Terminated,
                        "asked to stop",
                        null,
                        new Progress.Checkpoint(
                                500, "pvc://models/mnist", PlanTable.digest(500), "2026-01-01T00:00:00Z"),
                        null));
        table.pass();
        assertEquals(0, table.job.getStatus().getRestartsWithoutProgress());
        assertEquals(1, table.job.getStatus().getRestarts());
    }

    @Test
    void aStatusOfAnEarlierReleaseCountsAllOfItsRestarts() {
        table.maxRestarts(3);
        toRunning();
        table.job.getStatus().setRestarts(3).setRestartsWithoutProgress(null);
        table.delete(1);
        table.pass();
        assertEquals("Stalled RestartsExhausted", table.standing());
    }

    @Test
    void aNewAttemptStartsFromNoProgressAndKeepsTheStartTime() {
        table.running();
        table.progress = Optional.of(new Progress(1, Progress.Stage.TRAINING, 3, 5, 1, 2, 0.1, 1, -1, null, null));
        table.pass();
        table.later(10);
        table.delete(1);
        table.pass();
        assertNull(table.job.getStatus().getProgress());
        assertEquals("2026-01-01T00:00:00Z", table.job.getStatus().getStartTime());
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

    private void limitMemory() {
        table.job.getSpec().getWorkers().getResources().setLimits(Map.of("memory", new Quantity("1Gi")));
    }
}
