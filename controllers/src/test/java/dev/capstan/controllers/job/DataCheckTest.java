package dev.capstan.controllers.job;

import static dev.capstan.controllers.job.PlanTable.check;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.controllers.admission.cluster.Claim;
import dev.capstan.controllers.admission.cluster.Grant;
import dev.capstan.controllers.plan.Labels;
import dev.capstan.controllers.plan.Plan;
import dev.capstan.controllers.plan.Refusal;
import dev.capstan.controllers.plan.Wait;
import dev.capstan.controllers.plan.WaitReason;
import dev.capstan.controllers.pods.CheckPods;
import dev.capstan.controllers.pods.PodLabels;
import dev.capstan.controllers.pods.Rendezvous;
import dev.capstan.controllers.testing.Kubelets;
import dev.capstan.crds.Conditions;
import dev.capstan.crds.JobStatus;
import dev.capstan.crds.Phase;
import dev.capstan.crds.Scheduling;
import dev.capstan.crds.Topology;
import dev.capstan.protocol.Outcome;
import io.fabric8.kubernetes.api.model.ContainerStateBuilder;
import io.fabric8.kubernetes.api.model.ContainerStatusBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Jobs whose data are checked before they queue for the places of their workers. */
class DataCheckTest {
    private static final Outcome FINE = new Outcome(Outcome.Reason.Succeeded, "60000 samples", null);
    private static final Outcome TERMINATED = new Outcome(Outcome.Reason.Terminated, "asked to stop", null);
    private static final Outcome CRASHED = new Outcome(Outcome.Reason.WorkerError, "index 7 out of bounds", null);
    private static final String EARLIER = "mnist-tj-check-1";

    private final PlanTable table = new PlanTable();

    @BeforeEach
    void wish() {
        table.job.getSpec().getData().setCheckFirst(true);
    }

    @Test
    void aPodWithoutDevicesQueuesForAPlaceOfItsOwn() {
        gpus();
        table.claims.put("datasets", new Claim(Set.of("ReadWriteOnce"), Optional.empty()));
        table.job
                .getSpec()
                .setActiveDeadlineSeconds(3600)
                .setScheduling(new Scheduling().setTopology(new Topology().setRequired("rack")));
        table.job.getSpec().getWorkers().setNodeSelector(Map.of("disk", "ssd"));
        var plan = table.pass();
        assertEquals("Reconciling WaitingForCapacity", table.standing());
        assertEquals("data check: waits for a place for 1 pod", table.message());
        assertEquals(
                "WaitingForCapacity", table.condition(Conditions.DATA_CHECKED).getReason());
        assertEquals(Phase.QUEUED, table.job.getStatus().getPhase());
        assertEquals(List.of(), plan.children().make(), "not before it has a place");
        var trial = plan.children().dryRuns().getFirst();
        assertEquals(check(1), trial.pod().getMetadata().getName());
        assertEquals(1, trial.count());

        var workload = table.workload().orElseThrow();
        assertEquals(1, workload.attempt());
        assertEquals(1, workload.minimum());
        var check = workload.podSets().getFirst();
        assertEquals("check", check.name());
        assertEquals(
                Map.of("memory", 4_294_967_296_000L, "cpu", 500L, "pods", 1000L),
                check.each().thousandths());
        assertEquals(Map.of("disk", "ssd"), check.where().nodeSelector());
        assertEquals(Optional.empty(), workload.topology(), "one pod is near itself");
        assertEquals(Optional.empty(), workload.longest(), "the deadline counts from the workers' places");
        assertEquals(Instant.parse("2026-01-01T00:00:00Z"), workload.createdAt());
    }

    @Test
    void whyItWaitsIsToldAsItsOwn() {
        table.pass();
        table.verdict = Optional.of(new Wait(WaitReason.WAITING_FOR_QUOTA, "needs 1 pod of 500m cpu"));
        table.pass();
        assertEquals("Reconciling WaitingForQuota", table.standing());
        assertEquals("data check: needs 1 pod of 500m cpu", table.message());
        assertEquals(
                "data check: needs 1 pod of 500m cpu",
                table.condition(Conditions.DATA_CHECKED).getMessage());
        assertEquals(table.message(), table.condition(Conditions.ADMITTED).getMessage());
        table.verdict = Optional.empty();
        table.pass();
        assertEquals("data check: needs 1 pod of 500m cpu", table.message(), "and isn't told twice over");
    }

    @Test
    void itsPodIsMadeForThePlaceThatItWasGranted() {
        gpus();
        table.pass();
        table.grantCheck("b");
        var plan = table.pass();
        assertEquals("Reconciling CheckingData", table.standing());
        assertEquals("makes pod mnist-tj-1-check-0-0", table.message());
        assertEquals(Phase.PENDING, table.job.getStatus().getPhase());
        assertFalse(table.holds(Conditions.ADMITTED), "that is said of workers alone");
        assertNull(table.job.getStatus().getStartTime(), "and so is this");
        assertEquals(
                List.of("NetworkPolicy", "ConfigMap", "Pod"),
                plan.children().make().stream().map(child -> child.getKind()).toList());
        assertTrue(plan.children().peersSecret().isPresent(), "it mounts what rank 0 mounts");
        var container = pod(plan).getSpec().getContainers().getFirst();
        assertEquals(List.of("check"), container.getArgs());
        assertEquals(
                Map.of("memory", new Quantity("4Gi")), container.getResources().getLimits());
        assertFalse(container.getResources().getRequests().containsKey("nvidia.com/gpu"));
        assertNull(container.getReadinessProbe());
        assertEquals("0", container.getEnv().getFirst().getValue());
        assertEquals("b", Kubelets.node(pod(plan)));
        assertEquals(List.of(), table.reasons(), "nothing of its is counted as a gang's");
    }

    @Test
    void itHoldsWhatItsPodAsksForUntilTheDataAreChecked() {
        gpus();
        table.checking();
        assertEquals(Optional.empty(), table.workload());
        var grant = grant().orElseThrow();
        assertEquals(1, grant.attempt());
        assertEquals(Optional.empty(), grant.ends());
        var seats = grant.podSets().getFirst();
        assertEquals(List.of("a"), seats.nodes());
        assertEquals(
                Map.of("memory", 4_294_967_296_000L, "cpu", 500L, "pods", 1000L),
                seats.each().thousandths());
        var labels = table.pods.get(check(1)).getMetadata().getLabels();
        assertEquals("1", labels.get(Labels.ATTEMPT), "so that admission knows whose place it took");
        assertEquals("0", labels.get(Labels.RANK));
        table.endCheck(1, FINE);
        table.pass();
        assertEquals(Optional.empty(), grant());
    }

    @Test
    void itIsNoWorkerToAnybody() {
        table.checking();
        var pod = table.pods.get(check(1));
        assertFalse(pod.getMetadata()
                .getLabels()
                .entrySet()
                .containsAll(Rendezvous.service(table.description().owner())
                        .getSpec()
                        .getSelector()
                        .entrySet()));
        assertTrue(PodLabels.isCheck(pod));
        assertEquals(List.of(), table.deleted(table.pass()), "of no earlier attempt either");
        assertEquals("0/2", table.job.getStatus().getWorkers().getSummary());
    }

    @Test
    void fineDataAreRememberedAndTheWorkersQueueAsTheNextAttempt() {
        table.checking();
        table.endCheck(1, FINE);
        table.pass();
        assertTrue(table.holds(Conditions.DATA_CHECKED));
        assertEquals(2, table.job.getStatus().getAttempt());
        assertEquals(1, table.job.getStatus().getChecks());
        assertEquals(0, table.job.getStatus().getRestarts());
        assertEquals(0, table.job.getStatus().getRollbacks());
        var plan = table.pass();
        assertEquals("Reconciling WaitingForCapacity", table.standing());
        assertEquals("waits for places for 2 pods", table.message());
        assertEquals(2, plan.children().dryRuns().getFirst().count());
        var workload = table.workload().orElseThrow();
        assertEquals("worker", workload.podSets().getFirst().name());
        assertEquals(2, workload.minimum());
        assertEquals(Instant.parse("2026-01-01T00:00:00Z"), workload.createdAt(), "its turn is by its own age");
        assertTrue(JobWorkloads.isFirst(table.description()));
        table.grant().pass();
        table.make(table.pass());
        table.pass();
        assertEquals(List.of("mnist-tj-1-check-0-0", table.name(0), table.name(1)), List.copyOf(table.pods.keySet()));
        table.delete(1);
        table.pass();
        assertFalse(JobWorkloads.isFirst(table.description()));
        table.pods.clear();
        table.later(60);
        table.pass();
        assertEquals("Reconciling WaitingForCapacity", table.standing(), "also before a later attempt");
        assertTrue(table.holds(Conditions.DATA_CHECKED));
        assertEquals(1, table.job.getStatus().getRestarts());
    }

    @Test
    void aSidecarThatGoesOnAfterTheCheckHoldsNoRoomForLong() {
        table.checking();
        var ended = table.ended(FINE);
        ended.setPhase("Running");
        var sidecar = new ContainerStatusBuilder()
                .withName("istio-proxy")
                .withState(new ContainerStateBuilder()
                        .withNewRunning()
                        .endRunning()
                        .build())
                .build();
        ended.getContainerStatuses().add(sidecar);
        table.status(check(1), "a", ended);
        assertEquals(List.of(), table.deleted(table.pass()));
        assertTrue(table.holds(Conditions.DATA_CHECKED));
        assertEquals(List.of(check(1)), table.deleted(table.pass()));
        table.pods.clear();
        table.pass();
        assertTrue(table.workload().isPresent());
    }

    @Test
    void aPodWhoseContainerHasEndedStaysThoughItsPhaseDoesNotSaySoYet() {
        table.checking();
        var ended = table.ended(FINE);
        ended.setPhase("Running");
        table.status(check(1), "a", ended);
        assertEquals(List.of(), table.deleted(table.pass()));
        assertTrue(table.holds(Conditions.DATA_CHECKED));
        assertEquals(List.of(), table.deleted(table.pass()));
        assertTrue(table.workload().isPresent());
    }

    @Test
    void badDataFailTheJobWithTheChecksSentence() {
        table.checking();
        table.endCheck(1, new Outcome(Outcome.Reason.InvalidData, "train/a.csv, line 7: 3 columns, not 4", null));
        table.pass();
        assertEquals("Stalled InvalidData", table.standing());
        assertEquals(
                "data check (pod mnist-tj-1-check-0-0): train/a.csv, line 7: 3 columns, not 4",
                table.condition(Conditions.FAILED).getMessage());
        assertEquals(Optional.empty(), grant(), "it holds no place");
    }

    @Test
    void aCheckThatIsLostQueuesAgainAfterGrowingWaits() {
        table.checking();
        table.endCheck(1, TERMINATED);
        table.pass();
        assertEquals("Reconciling CheckingData", table.standing());
        assertEquals(
                "the data are to be checked again: data check (pod mnist-tj-1-check-0-0): Terminated: asked to stop",
                table.message());
        assertEquals(Phase.PENDING, table.job.getStatus().getPhase());
        assertEquals(Duration.ofSeconds(1), table.pass().again().orElseThrow());
        assertEquals(
                "the data are to be checked again: data check (pod mnist-tj-1-check-0-0): Terminated: asked to stop",
                table.message(),
                "it stays to be read");
        assertEquals(Optional.empty(), table.workload());
        table.later(1);
        table.checking();
        assertEquals("makes pod mnist-tj-2-check-0-0", table.message());
        table.endCheck(2, TERMINATED);
        table.pass();
        assertEquals(Duration.ofSeconds(2), table.pass().again().orElseThrow());
        table.later(2);
        table.checking();
        table.endCheck(3, FINE);
        table.pass();
        assertTrue(table.holds(Conditions.DATA_CHECKED));
        assertEquals(3, table.job.getStatus().getChecks());
        assertEquals(0, table.job.getStatus().getRestarts());
    }

    @Test
    void storageThatNeverAnswersFailsTheJob() {
        table.maxRestarts(2);
        for (int tried = 1; tried <= 3; tried++) {
            table.checking();
            table.endCheck(tried, new Outcome(Outcome.Reason.StorageUnavailable, "Stale file handle", null));
            table.pass();
            table.later(60);
        }
        assertEquals("Stalled RestartsExhausted", table.standing());
        assertEquals(
                "tried 3 times (failurePolicy.maxRestarts is 2): data check (pod mnist-tj-3-check-0-0):"
                        + " StorageUnavailable: Stale file handle",
                table.condition(Conditions.FAILED).getMessage());
    }

    @Test
    void ofManyTriesTheLastStay() {
        table.checking();
        for (int number = 1; number <= 7; number++) {
            table.endCheck(number, TERMINATED);
            table.pass();
            table.later(60);
            table.checking();
        }
        assertEquals(
                List.of(check(3), check(4), check(5), check(6), check(7), check(8)), List.copyOf(table.pods.keySet()));
    }

    @Test
    void aCheckThatWasDeletedIsMadeAgainInItsPlace() {
        table.checking();
        table.pods.clear();
        var plan = table.pass();
        assertEquals(check(1), pod(plan).getMetadata().getName());
        assertEquals("a", Kubelets.node(pod(plan)));
    }

    @Test
    void aCheckThatIsToldToEndQueuesForAnotherPlaceWhenItIsGone() {
        table.checking();
        terminating("a");
        table.pass();
        table.later(1);
        table.pass();
        assertEquals(2, table.job.getStatus().getAttempt());
        assertEquals(Optional.empty(), table.workload(), "its pod is there still");
        assertEquals("the data are to be checked again: pod mnist-tj-1-check-0-0 was told to end", table.message());
        table.pods.clear();
        table.pass();
        assertEquals(2, table.workload().orElseThrow().attempt());
    }

    @Test
    void aCheckThatCannotEndOnADeadNodeIsFollowedByAnother() {
        table.checking();
        terminating("b");
        table.nodes.put("b", false);
        table.pass();
        assertEquals(
                "the data are to be checked again: pod mnist-tj-1-check-0-0 was lost: its node b is not ready",
                table.message());
        table.later(1);
        table.checking();
        assertTrue(table.pods.containsKey(check(2)));
    }

    @Test
    void aNodeThatGoesBeforeThePodCameCostsNothingButThePlace() {
        table.pass();
        table.grantCheck("a");
        table.nodes.remove("a");
        assertEquals(List.of(), table.pass().children().make());
        assertEquals("Reconciling PlaceLost", table.standing());
        assertEquals(
                "the data are to be checked again: node a, where the data check had its place, is gone",
                table.message());
        assertEquals(Optional.empty(), grant());
        table.later(1);
        table.pass();
        assertEquals(2, table.workload().orElseThrow().attempt());
    }

    @Test
    void aPodThatCannotBeBoundGivesItsPlaceUp() {
        table.checking();
        table.status(check(1), null, unschedulable());
        assertEquals(Duration.ofSeconds(60), table.pass().again().orElseThrow());
        assertEquals("pod mnist-tj-1-check-0-0: Unschedulable: 1 Insufficient cpu", table.message());
        table.later(60);
        table.pass();
        assertEquals("Reconciling PlaceLost", table.standing());
        assertEquals(List.of(check(1)), table.deleted(table.pass()));
    }

    @Test
    void aPodThatDoesNotComeToRunInTimeGivesItsPlaceUp() {
        table.timeout(30);
        table.checking();
        assertEquals(Duration.ofSeconds(30), table.pass().again().orElseThrow());
        table.later(30);
        table.pass();
        assertEquals("Reconciling PlacementTimedOut", table.standing());
        assertEquals(
                "the data are to be checked again: doesn't run 30 s after its place was granted: pod"
                        + " mnist-tj-1-check-0-0 starts",
                table.message());
    }

    @Test
    void aCheckThatCrashesAgainAndAgainFailsTheJob() {
        table.maxCrashes(2);
        table.checking();
        table.endCheck(1, CRASHED);
        table.pass();
        table.later(1);
        table.checking();
        table.endCheck(2, CRASHED);
        table.pass();
        assertEquals("Stalled ProgramCrashed", table.standing());
    }

    @Test
    void crashesOfACheckAreNotCountedAgainstTheWorkers() {
        table.maxCrashes(2);
        table.checking();
        table.endCheck(1, CRASHED);
        table.pass();
        table.later(1);
        table.checking();
        table.endCheck(2, FINE);
        table.pass();
        assertEquals(0, table.job.getStatus().getCrashes());
    }

    @Test
    void aRefusalIsToldBeforeItQueues() {
        assertEquals(1, decide().children().dryRuns().size());
        refuse(new Refusal.Denied("pod mnist-tj-1-check-0-0", "not baseline"));
        assertEquals("Reconciling PodRefused", table.standing());
        assertEquals("data check: pod mnist-tj-1-check-0-0 was refused: not baseline", table.message());
        assertEquals("PodRefused", table.condition(Conditions.DATA_CHECKED).getReason());
        assertEquals(Optional.empty(), table.workload());
        assertEquals(1, table.job.getStatus().getAttempt());
    }

    @Test
    void aPodThatIsRefusedWhenItIsMadeGivesItsPlaceUp() {
        table.pass();
        table.grantCheck("a");
        refuse(new Refusal.Denied("pod mnist-tj-1-check-0-0", "not baseline"));
        assertEquals("Reconciling PodRefused", table.standing());
        assertEquals(Optional.empty(), grant());
        assertEquals(1, table.job.getStatus().getChecks());
        assertEquals(0, table.job.getStatus().getRollbacks());
        table.later(1);
        var plan = table.pass();
        assertEquals(
                List.of("NetworkPolicy"),
                plan.children().make().stream().map(child -> child.getKind()).toList(),
                "it has the names that it keeps before it queues again");
    }

    @Test
    void somethingThatIsMissingByNowGivesThePlaceUp() {
        table.job.getSpec().setScheduling(new Scheduling().setPriorityClassName("high"));
        table.pass();
        table.grantCheck("a");
        table.priorityClassThere = false;
        assertEquals(List.of(), table.pass().children().make());
        assertEquals("Reconciling MissingReference", table.standing());
        assertEquals(Optional.empty(), grant());
    }

    @Test
    void aJobThatIsToRestDoesNotQueueForItsCheck() {
        table.pass();
        table.suspend(true);
        table.pass();
        assertEquals("Ready Suspended", table.standing());
        assertEquals(Optional.empty(), table.workload());
        table.suspend(false);
        table.pass();
        assertEquals(1, table.workload().orElseThrow().attempt());
    }

    @Test
    void aCheckIsStoppedWhenTheJobIsToRestAndMadeAnewAfterwards() {
        table.checking();
        table.suspend(true);
        table.pass();
        var plan = table.pass();
        assertEquals("Reconciling Suspending", table.standing());
        assertEquals(List.of(check(1)), table.deleted(plan));
        table.make(plan);
        table.pass();
        assertEquals("Ready Suspended", table.standing());
        assertEquals("Suspended", table.condition(Conditions.DATA_CHECKED).getReason());
        assertEquals(Optional.empty(), grant(), "its place is given up");
        assertNull(table.job.getStatus().getChecks(), "that is nobody's fault");
        table.suspend(false);
        table.checking();
        assertTrue(table.pods.containsKey(check(2)));
    }

    @Test
    void aCheckThatEndsJustAsTheJobIsToRestCounts() {
        table.checking();
        table.endCheck(1, FINE);
        table.suspend(true);
        table.pass();
        assertTrue(table.holds(Conditions.DATA_CHECKED));
        table.pass();
        assertEquals("Ready Suspended", table.standing());
        table.suspend(false);
        table.pass();
        assertEquals(
                "worker", table.workload().orElseThrow().podSets().getFirst().name());
    }

    @Test
    void aQuotaThatDrainsHasThePlaceOfACheckToo() {
        table.checking();
        table.drainedBy = Optional.of("team");
        table.pass();
        table.make(table.pass());
        table.pass();
        assertEquals("Reconciling Drained", table.standing());
        assertEquals(Optional.empty(), grant());
    }

    @Test
    void aJobThatHasEndedStopsItsCheck() {
        table.checking();
        table.job.getStatus().getConditions().stream()
                .filter(condition -> condition.getType().equals(Conditions.FAILED))
                .forEach(condition -> condition.setStatus(Conditions.TRUE));
        assertEquals(List.of(check(1)), table.deleted(table.pass()));
    }

    @Test
    void aNewOperatorMakesThePodOfAPlaceThatTheLastOneWasGranted() {
        table.pass();
        // Between the grant and its own next pass, the operator went away.
        table.grantCheck("a");
        assertEquals(check(1), pod(table.pass()).getMetadata().getName());
    }

    @Test
    void aCheckThatAReleaseBeforeMadeWithoutAPlaceReadsToTheEnd() {
        earlier("a", running());
        table.pass();
        assertEquals("Reconciling CheckingData", table.standing());
        assertEquals("pod mnist-tj-check-1 reads all samples", table.message());
        assertEquals(Optional.empty(), table.workload(), "no second one queues beside it");
        assertEquals(List.of(), table.deleted(table.pass()));
        table.status(EARLIER, "a", table.ended(FINE));
        table.pass();
        assertTrue(table.holds(Conditions.DATA_CHECKED));
        assertEquals(1, table.job.getStatus().getAttempt(), "no place is given up for it");
        table.pass();
        assertEquals(
                "worker", table.workload().orElseThrow().podSets().getFirst().name());
    }

    @Test
    void oneThatIsLostIsFollowedByOneWithAPlace() {
        earlier("a", running());
        table.pass();
        table.status(EARLIER, "a", table.ended(TERMINATED));
        table.pass();
        assertEquals(1, table.workload().orElseThrow().attempt());
        table.checking();
        assertEquals(Set.of(EARLIER, check(1)), table.pods.keySet());
    }

    @Test
    void oneThatHasNoNodeYetMakesWayForOneWithAPlace() {
        earlier(null, new PodStatusBuilder().withPhase("Pending").build());
        var plan = table.pass();
        assertEquals(List.of(EARLIER), table.deleted(plan));
        table.make(plan);
        table.pass();
        assertEquals(1, table.workload().orElseThrow().attempt());
    }

    private void gpus() {
        table.job
                .getSpec()
                .getWorkers()
                .getResources()
                .setLimits(Map.of("nvidia.com/gpu", new Quantity("1"), "memory", new Quantity("4Gi")));
    }

    /** A pod that checks the data, as releases made it that gave it no place. */
    private void earlier(String node, PodStatus status) {
        var made = CheckPods.pod(
                table.description().owner(), table.description().check(), 1, Optional.empty(), PlanTable.SETTINGS);
        var labels = new HashMap<>(made.getMetadata().getLabels());
        labels.keySet().removeAll(List.of(Labels.ATTEMPT, Labels.RANK, Labels.POD_SET));
        labels.put("capstan.dev/try", "1");
        table.pods.put(
                EARLIER,
                new PodBuilder(made)
                        .editMetadata()
                        .withName(EARLIER)
                        .withLabels(labels)
                        .endMetadata()
                        .build());
        table.status(EARLIER, node, status);
    }

    private static PodStatus running() {
        return new PodStatusBuilder()
                .withPhase("Running")
                .addNewContainerStatus()
                .withName("worker")
                .withState(new ContainerStateBuilder()
                        .withNewRunning()
                        .endRunning()
                        .build())
                .endContainerStatus()
                .build();
    }

    private PodStatus unschedulable() {
        return new PodStatusBuilder()
                .withPhase("Pending")
                .addNewCondition()
                .withType("PodScheduled")
                .withStatus("False")
                .withReason("Unschedulable")
                .withMessage("1 Insufficient cpu")
                .withLastTransitionTime(table.now.toString())
                .endCondition()
                .build();
    }

    private void terminating(String node) {
        table.pods.compute(
                check(1),
                (name, pod) -> new PodBuilder(pod)
                        .editMetadata()
                        .withDeletionTimestamp(table.now.toString())
                        .endMetadata()
                        .editSpec()
                        .withNodeName(node)
                        .endSpec()
                        .build());
    }

    private Optional<Grant> grant() {
        return JobWorkloads.grant(table.description(), PlanTable.SETTINGS, name -> 0);
    }

    private Plan<JobStatus> decide() {
        return JobPlan.decide(table.description(), table.world(), PlanTable.SETTINGS)
                .orElseThrow();
    }

    private void refuse(Refusal refusal) {
        table.take(JobPlan.refused(table.description(), table.world(), PlanTable.SETTINGS, refusal));
    }

    private static Pod pod(Plan<JobStatus> plan) {
        return (Pod) plan.children().make().getLast();
    }
}
