package dev.capstan.controllers.job;

import static dev.capstan.controllers.plan.Notice.Reason.Admitted;
import static dev.capstan.controllers.plan.Notice.Reason.Completed;
import static dev.capstan.controllers.plan.Notice.Reason.DoesNotFit;
import static dev.capstan.controllers.plan.Notice.Reason.Queued;
import static dev.capstan.controllers.plan.Notice.Reason.Started;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.controllers.plan.Children;
import dev.capstan.controllers.plan.Wait;
import dev.capstan.controllers.plan.WaitReason;
import dev.capstan.crds.Conditions;
import dev.capstan.crds.Phase;
import dev.capstan.protocol.Compression;
import dev.capstan.protocol.Outcome;
import dev.capstan.protocol.Progress;
import io.fabric8.kubernetes.api.model.ContainerStateBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The straight way of an attempt, and its end. */
class JobPlanTest {
    private final PlanTable table = new PlanTable();

    @Test
    void aJobWhoseClaimIsMissingSaysWhichAndDoesNotQueue() {
        table.missingClaims.addAll(Set.of("models", "datasets"));
        table.pass();
        assertEquals("Reconciling MissingReference", table.standing());
        assertEquals(
                "persistent volume claims datasets, models do not exist in the namespace: create them",
                table.message());
        assertTrue(table.workload().isEmpty());
        table.missingClaims.clear();
        table.pass();
        assertEquals("Reconciling WaitingForCapacity", table.standing());
        assertTrue(table.workload().isPresent());
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
        assertTrue(JobWorkloads.grant(table.description(), PlanTable.SETTINGS, name -> 0)
                .isEmpty());
        assertEquals(2, table.workload().orElseThrow().attempt());
    }

    @Test
    void aFinishedJobHoldsNoPlaces() {
        table.running();
        assertTrue(JobWorkloads.grant(table.description(), PlanTable.SETTINGS, name -> 0)
                .isPresent());
        table.succeed();
        table.pass();
        assertTrue(JobWorkloads.grant(table.description(), PlanTable.SETTINGS, name -> 0)
                .isEmpty());
    }

    @Test
    void theSameJobAndWorldGiveTheSamePlan() {
        table.made();
        table.run(0, false);
        var first = JobPlan.decide(table.description(), table.world(), PlanTable.SETTINGS);
        assertEquals(first, JobPlan.decide(table.description(), table.world(), PlanTable.SETTINGS));
    }

    @Test
    void aNewJobQueuesAndNothingIsMade() {
        var plan = table.pass();
        assertEquals("Reconciling WaitingForCapacity", table.standing());
        assertEquals("waits for places for 2 pods", table.message());
        assertEquals(Phase.QUEUED, table.job.getStatus().getPhase());
        assertEquals(1, table.job.getStatus().getAttempt());
        assertEquals(1L, table.job.getStatus().getObservedGeneration());
        assertEquals(List.of(), plan.children().make());
        assertEquals(List.of(Queued), table.reasons());
    }

    @Test
    void whatWasChangedBeforeItHadPlacesIsAskedAboutAnew() {
        table.pass();
        assertEquals(List.of(), table.pass().children().dryRuns());
        table.job.getMetadata().setGeneration(2L);
        table.job.getSpec().getWorkers().setReplicas(3);
        var plan = table.pass();
        assertEquals(3, plan.children().dryRuns().getFirst().count());
        assertEquals(3, table.workload().orElseThrow().podSets().getFirst().count());
        assertEquals("0/3", table.job.getStatus().getWorkers().getSummary());
        assertEquals(List.of(), table.pass().children().dryRuns(), "once");
    }

    @Test
    void whatWasChangedWhileItRestedIsWhatTheNextAttemptIsMadeOf() {
        table.running();
        table.suspend(true);
        table.pass();
        table.pass();
        table.pods.clear();
        table.pass();
        table.job.getSpec().getWorkers().setImage("capstan/worker:2");
        table.job.getMetadata().setGeneration(2L);
        table.suspend(false);
        table.pass();
        table.grant().pass();
        var pods = table.pass().children().make().stream()
                .filter(Pod.class::isInstance)
                .map(pod -> ((Pod) pod).getSpec().getContainers().getFirst().getImage())
                .distinct()
                .toList();
        assertEquals(List.of("capstan/worker:2"), pods);
    }

    /** Their deletion, by hand or by a clean-up, is no reason to do a job again. */
    @Test
    void aJobThatFailedStaysSoThoughAllThatItOwnsIsDeleted() {
        table.running();
        table.end(1, Outcome.Reason.InvalidData, "train/x.gz is truncated");
        table.pass();
        table.pods.clear();
        table.later(3600);
        assertEquals(Children.UNTOUCHED, table.pass().children());
        assertEquals("Stalled InvalidData", table.standing());
        assertEquals(1, table.job.getStatus().getAttempt());
    }

    @Test
    void aModelThatWasTakenIsNotSaidToBeWritten() {
        table.running();
        table.end(
                0,
                new Outcome(
                        Outcome.Reason.Succeeded,
                        "another job has made the same model",
                        new Outcome.Artifact(
                                "pvc://models/mnist",
                                PlanTable.digest(0),
                                407_056,
                                Map.of("accuracy", 0.97612, "epochs", 30.0),
                                "job team/mnist with UID 0f1e")));
        table.pass();
        var taken =
                "nothing had to be made: the model of job team/mnist with UID 0f1e is of the same recipe and the same"
                        + " data, and is taken as it lies there (output.ifExists: Reuse)";
        assertEquals(taken, table.condition(Conditions.COMPLETE).getMessage());
        assertEquals(
                "took pvc://models/mnist, 407056 bytes, " + PlanTable.digest(0) + ": " + taken,
                table.told.getLast().note());
        assertEquals(
                Map.of("accuracy", "0.9761", "epochs", "30"),
                table.job.getStatus().getArtifact().getMetrics());
        assertEquals("100%", table.job.getStatus().getProgress().getSummary(), "though nobody was asked how far it is");
    }

    @Test
    void aQueuedJobSaysWhatAdmissionSays() {
        table.pass();
        table.verdict = Optional.of(new Wait(WaitReason.DOES_NOT_FIT, "needs 2 pods of 9 nvidia.com/gpu each"));
        table.pass();
        assertEquals("Reconciling DoesNotFit", table.standing());
        table.verdict = Optional.empty();
        table.pass();
        assertEquals("needs 2 pods of 9 nvidia.com/gpu each", table.message(), "a new leader hasn't looked yet");
        assertEquals(List.of(Queued, DoesNotFit), table.reasons(), "and each reason is told once");
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
        assertEquals(List.of("Service", "NetworkPolicy", "ConfigMap", "Pod", "Pod"), kinds);
        assertEquals(
                "mnist-tj-peers",
                plan.children().peersSecret().orElseThrow().getMetadata().getName());
        assertEquals(List.of("mnist-tj-1-worker-0-0", "mnist-tj-1-worker-1-0"), table.podNames(plan));
    }

    @Test
    void aPodThatIsNotSeenYetIsMadeAgainWhichHarmsNobody() {
        table.pass();
        table.grant().pass();
        table.make(table.pass());
        table.delete(1);
        assertEquals(List.of("mnist-tj-1-worker-1-0"), table.podNames(table.pass()));
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
                                .withReason("ErrImagePull")
                                .withMessage("no such image")
                                .endWaiting()
                                .build())
                        .endContainerStatus()
                        .build());
        table.pass();
        assertEquals("Reconciling PodsStarting", table.standing());
        assertEquals(
                "1 of 2 workers are ready; pod mnist-tj-1-worker-1-0: ErrImagePull: no such image", table.message());
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
                "0 of 2 workers are ready; pod mnist-tj-1-worker-1-0: Unschedulable: 0/3 nodes are available",
                table.message());
    }

    @Test
    void aPodThatWasGivenAnotherSchedulerWhichIsSilentIsSaid() {
        table.made();
        table.pods.replaceAll((name, pod) -> new PodBuilder(pod)
                .editSpec()
                .withSchedulerName("volcano")
                .endSpec()
                .build());
        table.pass();
        assertEquals(
                "0 of 2 workers are ready; pod mnist-tj-1-worker-0-0: its scheduler, volcano, has said nothing of it so far",
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
        table.progress = Optional.of(
                new Progress(1, Progress.Stage.TRAINING, 3, 5, 4120, 9375, 0.09123, 20_100.4, 14, null, null));
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
        table.progress = Optional.of(new Progress(7, Progress.Stage.TRAINING, 3, 5, 1, 2, 0.1, 1, -1, null, null));
        table.pass();
        assertNull(table.job.getStatus().getProgress());
    }

    /** What a tenant's own program may tell: a result that is let through by no kind but a compression. */
    @Test
    void aResultWithoutAModelFailsATraining() {
        table.running();
        var missed = new Compression.Bound(Compression.Bound.Name.MAX_DROP, 0.01, 0.02, false);
        table.end(
                0,
                new Outcome(
                        Outcome.Reason.Succeeded,
                        "done",
                        null,
                        null,
                        new Compression(null, 0, null, null, List.of(missed), null, null)));
        table.pass();
        assertEquals("Stalled WorkerError", table.standing());
        assertNull(table.job.getStatus().getArtifact());
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

    /** What the worker noticed in the data spoils nothing, and is said. */
    @Test
    void warningsStandInTheConditionOfWhatIsComplete() {
        table.running();
        table.end(
                0,
                new Outcome(
                        Outcome.Reason.Succeeded,
                        "trained",
                        new Outcome.Artifact(
                                "pvc://models/mnist", "sha256:" + "0".repeat(64), 407_056, Map.of("accuracy", 0.97612)),
                        null,
                        null,
                        List.of("no training sample is of class 7", "3 test samples are")));
        table.pass();
        assertTrue(table.holds(Conditions.COMPLETE));
        assertEquals(
                "the model is written, but no training sample is of class 7; 3 test samples are",
                table.condition(Conditions.COMPLETE).getMessage());
    }

    @Test
    void aPeerThatMissedTheFirstWorkerAtTheEndDoesNotSpoilIt() {
        table.running();
        table.succeed();
        table.end(1, Outcome.Reason.PeerLost, "lost worker 0");
        table.pass();
        assertTrue(table.holds(Conditions.COMPLETE));
    }

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
        assertEquals(
                List.of("mnist-tj-1-worker-1-0"), table.deleted(table.pass()), "the finished one stays for its log");
    }

    @Test
    void nothingIsDoneForAJobThatIsBeingDeleted() {
        table.running();
        table.job.getMetadata().setDeletionTimestamp("2026-01-01T00:00:00Z");
        assertTrue(JobPlan.decide(table.description(), table.world(), PlanTable.SETTINGS)
                .isEmpty());
    }

    /** What programs compare that wait for all workers, or for the end of whatever the job did before. */
    @Test
    void eachConditionSaysOfARunningJobAndOfOneThatHasEndedWhatItStandsAt() {
        table.running();
        table.pass();
        assertEquals("True WorkersReady", standing(Conditions.PODS_READY));
        table.succeed();
        table.pass();
        for (var type :
                List.of(Conditions.RECONCILING, Conditions.STALLED, Conditions.ADMITTED, Conditions.PODS_READY)) {
            assertEquals("False Finished", standing(type), type);
        }
        assertEquals("True Succeeded", standing(Conditions.COMPLETE));
        assertEquals("False Succeeded", standing(Conditions.FAILED));
    }

    private String standing(String type) {
        return table.condition(type).getStatus() + " " + table.condition(type).getReason();
    }
}
