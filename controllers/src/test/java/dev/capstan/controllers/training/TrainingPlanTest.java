package dev.capstan.controllers.training;

import static dev.capstan.controllers.plan.Notice.Reason.Admitted;
import static dev.capstan.controllers.plan.Notice.Reason.Completed;
import static dev.capstan.controllers.plan.Notice.Reason.Failed;
import static dev.capstan.controllers.plan.Notice.Reason.Queued;
import static dev.capstan.controllers.plan.Notice.Reason.Restarting;
import static dev.capstan.controllers.plan.Notice.Reason.RolledBack;
import static dev.capstan.controllers.plan.Notice.Reason.Started;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.controllers.plan.Children;
import dev.capstan.controllers.plan.Refusal;
import dev.capstan.controllers.plan.Wait;
import dev.capstan.crds.Conditions;
import dev.capstan.crds.Reasons;
import dev.capstan.crds.training.Phase;
import dev.capstan.protocol.Outcome;
import dev.capstan.protocol.Progress;
import io.fabric8.kubernetes.api.model.ContainerStateBuilder;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The way of an attempt, and every way off it. */
class TrainingPlanTest {
    private final PlanTable table = new PlanTable();

    // The straight way.

    @Test
    void aNewJobQueuesAndNothingIsMade() {
        var plan = table.pass();
        assertEquals("Reconciling WaitingForCapacity", table.standing());
        assertEquals("waits for places for 2 pods", table.message());
        assertEquals(Phase.QUEUED, table.job.getStatus().getPhase());
        assertEquals(1, table.job.getStatus().getAttempt());
        assertEquals(1L, table.job.getStatus().getObservedGeneration());
        assertEquals(Children.UNTOUCHED, plan.children());
        assertEquals(List.of(Queued), table.reasons());
    }

    @Test
    void aQueuedJobSaysWhatAdmissionSays() {
        table.pass();
        table.verdict = Optional.of(new Wait(Reasons.DOES_NOT_FIT, "needs 2 pods of 9 nvidia.com/gpu each"));
        table.pass();
        assertEquals("Reconciling DoesNotFit", table.standing());
        table.verdict = Optional.empty();
        table.pass();
        assertEquals("needs 2 pods of 9 nvidia.com/gpu each", table.message(), "a new leader hasn't looked yet");
        assertEquals(List.of(Queued), table.reasons(), "and it is told once");
    }

    @Test
    void aGrantIsWrittenDownBeforeAPodIsMade() {
        table.pass();
        var plan = table.grant().pass();
        assertTrue(table.holds(Conditions.ADMITTED));
        assertEquals("Reconciling PlacesGranted", table.standing());
        assertEquals(List.of(), table.podNames(plan));
        assertEquals(List.of(Queued, Admitted), table.reasons());
    }

    @Test
    void thenAllPodsAreMadeAfterWhatTheyMount() {
        table.pass();
        table.grant().pass();
        var plan = table.pass();
        var kinds =
                plan.children().make().stream().map(child -> child.getKind()).toList();
        assertEquals(List.of("Service", "ConfigMap", "Pod", "Pod"), kinds);
        assertEquals(
                "mnist-peers",
                plan.children().peersSecret().orElseThrow().getMetadata().getName());
        assertEquals(List.of("mnist-1-worker-0-0", "mnist-1-worker-1-0"), table.podNames(plan));
    }

    @Test
    void aPodThatIsNotSeenYetIsMadeAgainWhichHarmsNobody() {
        table.pass();
        table.grant().pass();
        table.make(table.pass());
        table.delete(1);
        assertEquals(List.of("mnist-1-worker-1-0"), table.podNames(table.pass()));
        assertEquals(1, table.job.getStatus().getAttempt());
    }

    @Test
    void aStartingGangSaysWhoIsMissingAndWhatIsInTheWay() {
        table.made();
        table.run(0, true);
        table.status(
                1,
                new PodStatusBuilder()
                        .withPhase("Pending")
                        .addNewContainerStatus()
                        .withName("worker")
                        .withState(new ContainerStateBuilder()
                                .withNewWaiting()
                                .withReason("ImagePullBackOff")
                                .withMessage("no such image")
                                .endWaiting()
                                .build())
                        .endContainerStatus()
                        .build());
        table.pass();
        assertEquals("Reconciling PodsStarting", table.standing());
        assertEquals(
                "1 of 2 workers are ready; pod mnist-1-worker-1-0: ImagePullBackOff: no such image", table.message());
        assertEquals("1/2", table.job.getStatus().getWorkers().getSummary());
    }

    @Test
    void aPodThatTheSchedulerCannotBindIsSaid() {
        table.made();
        table.status(
                1,
                new PodStatusBuilder()
                        .withPhase("Pending")
                        .addNewCondition()
                        .withType("PodScheduled")
                        .withStatus("False")
                        .withReason("Unschedulable")
                        .withMessage("0/3 nodes are available")
                        .endCondition()
                        .build());
        table.pass();
        assertEquals(
                "0 of 2 workers are ready; pod mnist-1-worker-1-0: Unschedulable: 0/3 nodes are available",
                table.message());
    }

    @Test
    void aWholeGangRunsAndIsAskedForItsProgress() {
        table.running();
        assertEquals("Ready Training", table.standing());
        assertTrue(table.holds(Conditions.PODS_READY));
        assertEquals(Phase.RUNNING, table.job.getStatus().getPhase());
        assertEquals("2026-01-01T00:00:00Z", table.job.getStatus().getStartTime());
        assertEquals("10.0.0.0", table.pass().follow().orElseThrow().podIp());
        assertEquals(List.of(Queued, Admitted, Started), table.reasons());
    }

    @Test
    void aWorkerThatIsNotReadyForAMomentIsNoLoss() {
        table.running();
        table.run(1, false);
        table.later(3600);
        table.pass();
        assertEquals("Ready Training", table.standing());
        assertFalse(table.holds(Conditions.PODS_READY));
        assertEquals(1, table.job.getStatus().getAttempt());
    }

    @Test
    void progressIsWrittenInTheStatusTerms() {
        table.running();
        table.progress = Optional.of(new Progress(1, Progress.Stage.TRAINING, 3, 5, 4120, 9375, 0.09123, 20_100.4, 14));
        table.pass();
        var progress = table.job.getStatus().getProgress();
        assertEquals(43, progress.getPercent());
        assertEquals("0.0912", progress.getLoss());
        assertEquals(20_100L, progress.getSamplesPerSecond());
        assertEquals(14L, progress.getEstimatedSecondsRemaining());
    }

    @Test
    void progressOfAnotherAttemptIsIgnored() {
        table.running();
        table.progress = Optional.of(new Progress(7, Progress.Stage.TRAINING, 3, 5, 1, 2, 0.1, 1, -1));
        table.pass();
        assertNull(table.job.getStatus().getProgress());
    }

    @Test
    void theFirstWorkersArtifactCompletesTheJob() {
        table.running();
        table.succeed();
        table.pass();
        assertEquals("Ready Succeeded", table.standing());
        assertTrue(table.holds(Conditions.COMPLETE));
        assertEquals("0.9761", table.job.getStatus().getArtifact().getMetrics().get("accuracy"));
        assertEquals(Phase.SUCCEEDED, table.job.getStatus().getPhase());
        assertEquals("0/2", table.job.getStatus().getWorkers().getSummary(), "nobody works any more");
        assertEquals(List.of(Queued, Admitted, Started, Completed), table.reasons());
    }

    @Test
    void aPeerThatMissedTheFirstWorkerAtTheEndDoesNotSpoilIt() {
        table.running();
        table.succeed();
        table.end(1, Outcome.Reason.PeerLost, "lost worker 0");
        table.pass();
        assertTrue(table.holds(Conditions.COMPLETE));
    }

    // Ended is ended.

    @Test
    void aCompleteJobNeverRunsAgainAlsoWhenItsPodsAreDeleted() {
        table.running();
        table.succeed();
        table.pass();
        var before = table.job.getStatus().toString();
        table.pods.clear();
        table.later(100);
        var plan = table.pass();
        assertEquals(before, table.job.getStatus().toString());
        assertEquals(Children.UNTOUCHED, plan.children());
    }

    @Test
    void whatStillRunsWhenTheJobHasEndedMayEndByItselfAndIsThenDeleted() {
        table.running();
        table.succeed();
        table.pass();
        var soon = table.pass();
        assertEquals(Children.UNTOUCHED, soon.children());
        assertEquals(Duration.ofSeconds(10), soon.again().orElseThrow());
        table.later(10);
        assertEquals(List.of("mnist-1-worker-1-0"), table.deleted(table.pass()), "the finished one stays for its log");
    }

    @Test
    void nothingIsDoneForAJobThatIsBeingDeleted() {
        table.running();
        table.job.getMetadata().setDeletionTimestamp("2026-01-01T00:00:00Z");
        assertTrue(TrainingPlan.decide(table.job, table.world(), PlanTable.SETTINGS)
                .isEmpty());
    }

    // Failures.

    @Test
    void whatNoAttemptCanMendFailsTheJobAtOnceWithTheWorkersSentence() {
        table.running();
        table.end(1, Outcome.Reason.InvalidData, "train/x.gz is truncated");
        table.pass();
        assertEquals("Stalled InvalidData", table.standing());
        assertTrue(table.holds(Conditions.FAILED));
        assertEquals(
                "worker 1 (pod mnist-1-worker-1-0): InvalidData: train/x.gz is truncated",
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
        assertEquals(Fate.HEAR_THEM_ALL, plan.again().orElseThrow());
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
        table.job
                .getSpec()
                .getWorkers()
                .getResources()
                .setLimits(java.util.Map.of("memory", new io.fabric8.kubernetes.api.model.Quantity("1Gi")));
        table.running();
        table.ended(1, 137, "OOMKilled", null);
        table.pass();
        assertEquals("Stalled OutOfMemory", table.standing());
        assertTrue(table.condition(Conditions.FAILED).getMessage().contains("memory limit of 1Gi"));
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

    // Restarts.

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
        assertEquals(List.of("mnist-1-worker-0-0"), table.deleted(plan));
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
        assertEquals("attempt 1 was lost: pod mnist-1-worker-1-0 was lost: its node b is not ready", table.message());
        table.pods.remove("mnist-1-worker-0-0");
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
                "attempt 1 was lost: worker 1 (pod mnist-1-worker-1-0): Terminated: asked to stop", table.message());
    }

    @Test
    void aPodWhoseNodeIsGoneIsLost() {
        table.running();
        table.nodes.remove("b");
        table.pass();
        assertEquals("attempt 1 was lost: pod mnist-1-worker-1-0 was lost: its node b is gone", table.message());
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
                "attempt 1 was lost: pod mnist-1-worker-1-0 was lost: Evicted: The node was low on resource: memory.",
                table.message());
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
                "attempt 2 was lost, and failurePolicy.maxRestarts allows 1 restarts: the pod of worker 0 was deleted",
                table.condition(Conditions.FAILED).getMessage());
    }

    @Test
    void aNewAttemptStartsFromNoProgressAndKeepsTheStartTime() {
        table.running();
        table.progress = Optional.of(new Progress(1, Progress.Stage.TRAINING, 3, 5, 1, 2, 0.1, 1, -1));
        table.pass();
        table.later(10);
        table.delete(1);
        table.pass();
        assertNull(table.job.getStatus().getProgress());
        assertEquals("2026-01-01T00:00:00Z", table.job.getStatus().getStartTime());
    }

    // Rolled back.

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
        assertEquals(List.of("mnist-1-worker-0-0", "mnist-1-worker-1-0"), table.deleted(table.pass()));
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
                "attempt 1 was rolled back (1 so far): pod mnist-1-worker-1-0: OutOfcpu:"
                        + " Node didn't have enough resource: cpu",
                table.message());
    }

    @Test
    void aPodThatTheApiServerDeniesRollsTheGangBackWithAWait() {
        table.pass();
        table.grant().pass();
        table.later(5);
        table.take(TrainingPlan.refused(
                table.job,
                table.world(),
                PlanTable.SETTINGS,
                new Refusal.Denied("pod mnist-1-worker-0-0", "exceeded quota: gpus")));
        assertEquals("Reconciling PodRefused", table.standing());
        assertEquals(
                "attempt 1 was rolled back (1 so far): pod mnist-1-worker-0-0 was refused: exceeded quota: gpus",
                table.message());
        assertEquals(Duration.ofSeconds(1), table.pass().again().orElseThrow());
    }

    @Test
    void aNameThatSomebodyElseHasIsWaitedFor() {
        table.pass();
        table.grant().pass();
        var plan = table.take(TrainingPlan.refused(
                table.job, table.world(), PlanTable.SETTINGS, new Refusal.Taken("service mnist-workers")));
        assertEquals("Reconciling NameTaken", table.standing());
        assertEquals(Duration.ofSeconds(5), plan.again().orElseThrow());
        assertEquals(1, table.job.getStatus().getAttempt());
    }

    // What has to be there first.

    @Test
    void aJobWhoseClaimIsMissingSaysWhichAndDoesNotQueue() {
        table.missingClaims.addAll(Set.of("models", "datasets"));
        table.pass();
        assertEquals("Reconciling MissingReference", table.standing());
        assertEquals(
                "persistent volume claims datasets, models do not exist in the namespace: create them",
                table.message());
        assertTrue(TrainingGangs.waiting(table.job, PlanTable.SETTINGS).isEmpty());
        table.missingClaims.clear();
        table.pass();
        assertEquals("Reconciling WaitingForCapacity", table.standing());
        assertTrue(TrainingGangs.waiting(table.job, PlanTable.SETTINGS).isPresent());
    }

    @Test
    void aJobRestoredWithoutItsStatusQueuesAgain() {
        table.running();
        table.job.setStatus(null);
        table.pods.clear();
        table.pass();
        assertEquals("Reconciling WaitingForCapacity", table.standing());
        assertEquals(1, table.job.getStatus().getAttempt());
    }

    @Test
    void aGrantForAnotherAttemptIsVoid() {
        table.running();
        table.delete(1);
        table.pass();
        table.pods.clear();
        table.later(1);
        table.pass();
        assertEquals(List.of(), table.podNames(table.pass()), "the old grant makes no pods");
        assertTrue(TrainingGangs.hold(table.job, PlanTable.SETTINGS).isEmpty());
        assertEquals(
                2,
                TrainingGangs.waiting(table.job, PlanTable.SETTINGS)
                        .orElseThrow()
                        .attempt());
    }

    @Test
    void aFinishedJobHoldsNoPlaces() {
        table.running();
        assertTrue(TrainingGangs.hold(table.job, PlanTable.SETTINGS).isPresent());
        table.succeed();
        table.pass();
        assertTrue(TrainingGangs.hold(table.job, PlanTable.SETTINGS).isEmpty());
    }

    @Test
    void theSameJobAndWorldGiveTheSamePlan() {
        table.made();
        table.run(0, false);
        var first = TrainingPlan.decide(table.job, table.world(), PlanTable.SETTINGS);
        assertEquals(first, TrainingPlan.decide(table.job, table.world(), PlanTable.SETTINGS));
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
