package dev.capstan.controllers.job;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.controllers.plan.Plan;
import dev.capstan.controllers.pods.PodLabels;
import dev.capstan.controllers.pods.Rendezvous;
import dev.capstan.crds.Conditions;
import dev.capstan.crds.JobStatus;
import dev.capstan.crds.Phase;
import dev.capstan.protocol.Outcome;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Jobs whose data are checked before they queue. */
class DataCheckTest {
    private static final Outcome FINE = new Outcome(Outcome.Reason.Succeeded, "60000 samples", null);

    private final PlanTable table = new PlanTable();

    @BeforeEach
    void wish() {
        table.job.getSpec().getData().setCheckFirst(true);
    }

    @Test
    void aPodWithoutDevicesChecksTheDataBeforeTheJobQueues() {
        table.job
                .getSpec()
                .getWorkers()
                .getResources()
                .setLimits(Map.of("nvidia.com/gpu", new Quantity("1"), "memory", new Quantity("4Gi")));
        var plan = table.pass();
        assertEquals("Reconciling CheckingData", table.standing());
        assertEquals("makes pod mnist-tj-check-1", table.message());
        assertEquals(Phase.PENDING, table.job.getStatus().getPhase());
        assertTrue(table.workload().isEmpty());
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
        assertNull(pod(plan).getSpec().getAffinity(), "the scheduler finds it a node");
    }

    @Test
    void itIsNoWorkerToAnybody() {
        var pod = pod(table.pass());
        assertFalse(pod.getMetadata()
                .getLabels()
                .entrySet()
                .containsAll(Rendezvous.service(table.description().owner())
                        .getSpec()
                        .getSelector()
                        .entrySet()));
        assertEquals(0, PodLabels.attempt(pod));
        table.pods.put("mnist-tj-check-1", pod);
        assertEquals(List.of(), table.deleted(table.pass()), "of no earlier attempt either");
    }

    @Test
    void fineDataAreRememberedAndTheJobQueues() {
        table.make(table.pass());
        table.endCheck(1, FINE);
        table.pass();
        assertTrue(table.holds(Conditions.DATA_CHECKED));
        table.pass();
        assertEquals("Reconciling WaitingForCapacity", table.standing());
        table.pods.clear();
        table.grant().pass();
        table.make(table.pass());
        table.pass();
        table.delete(1);
        table.pass();
        table.pods.clear();
        table.later(60);
        table.pass();
        assertEquals("Reconciling WaitingForCapacity", table.standing(), "also before a later attempt");
        assertTrue(table.holds(Conditions.DATA_CHECKED));
    }

    @Test
    void badDataFailTheJobWithTheChecksSentence() {
        table.make(table.pass());
        table.endCheck(1, new Outcome(Outcome.Reason.InvalidData, "train/a.csv, line 7: 3 columns, not 4", null));
        table.pass();
        assertEquals("Stalled InvalidData", table.standing());
        assertEquals(
                "data check (pod mnist-tj-check-1): InvalidData: train/a.csv, line 7: 3 columns, not 4",
                table.condition(Conditions.FAILED).getMessage());
    }

    @Test
    void aCheckThatIsLostIsRepeatedAfterGrowingWaits() {
        table.make(table.pass());
        table.endCheck(1, new Outcome(Outcome.Reason.Terminated, "asked to stop", null));
        assertEquals(Duration.ofSeconds(1), table.pass().again().orElseThrow());
        assertEquals(
                "waits before the next try: data check (pod mnist-tj-check-1): Terminated: asked to stop",
                table.message());
        table.later(1);
        table.make(table.pass());
        assertEquals("makes pod mnist-tj-check-2", table.message());
        table.endCheck(2, new Outcome(Outcome.Reason.Terminated, "asked to stop", null));
        assertEquals(Duration.ofSeconds(2), table.pass().again().orElseThrow());
        table.later(2);
        table.make(table.pass());
        table.endCheck(3, FINE);
        table.pass();
        assertTrue(table.holds(Conditions.DATA_CHECKED));
    }

    @Test
    void storageThatNeverAnswersFailsTheJob() {
        table.maxRestarts(2);
        for (int tried = 1; tried <= 3; tried++) {
            table.make(table.pass());
            table.endCheck(tried, new Outcome(Outcome.Reason.StorageUnavailable, "Stale file handle", null));
            table.pass();
            table.later(60);
        }
        assertEquals("Stalled RestartsExhausted", table.standing());
        assertEquals(
                "tried 3 times (failurePolicy.maxRestarts is 2): data check (pod mnist-tj-check-3): StorageUnavailable:"
                        + " Stale file handle",
                table.condition(Conditions.FAILED).getMessage());
    }

    @Test
    void ofManyTriesTheLastStay() {
        table.make(table.pass());
        for (int number = 1; number <= 7; number++) {
            table.endCheck(number, new Outcome(Outcome.Reason.Terminated, "asked to stop", null));
            table.later(60);
            table.make(table.pass());
        }
        assertEquals(
                List.of(
                        "mnist-tj-check-3",
                        "mnist-tj-check-4",
                        "mnist-tj-check-5",
                        "mnist-tj-check-6",
                        "mnist-tj-check-7",
                        "mnist-tj-check-8"),
                List.copyOf(table.pods.keySet()));
    }

    @Test
    void aCheckThatWasDeletedIsMadeAgain() {
        table.make(table.pass());
        table.pods.clear();
        assertEquals("mnist-tj-check-1", pod(table.pass()).getMetadata().getName());
    }

    @Test
    void aCheckThatCannotEndOnADeadNodeIsFollowedByAnother() {
        table.make(table.pass());
        table.pods.compute(
                "mnist-tj-check-1",
                (name, pod) -> new PodBuilder(pod)
                        .editMetadata()
                        .withDeletionTimestamp(table.now.toString())
                        .withCreationTimestamp(table.now.toString())
                        .endMetadata()
                        .editSpec()
                        .withNodeName("b")
                        .endSpec()
                        .build());
        table.nodes.put("b", false);
        table.later(1);
        assertEquals("mnist-tj-check-2", pod(table.pass()).getMetadata().getName());
    }

    @Test
    void aCheckThatCrashesAgainAndAgainFailsTheJob() {
        table.maxCrashes(2);
        table.make(table.pass());
        table.endCheck(1, new Outcome(Outcome.Reason.WorkerError, "index 7 out of bounds", null));
        table.later(1);
        table.make(table.pass());
        table.endCheck(2, new Outcome(Outcome.Reason.WorkerError, "index 7 out of bounds", null));
        table.pass();
        assertEquals("Stalled ProgramCrashed", table.standing());
    }

    @Test
    void aCheckIsStoppedWhenTheJobIsToRestAndMadeAnewAfterwards() {
        table.make(table.pass());
        table.suspend(true);
        var plan = table.pass();
        assertEquals("Reconciling Suspending", table.standing());
        assertEquals(List.of("mnist-tj-check-1"), table.deleted(plan));
        table.make(plan);
        table.pass();
        assertEquals("Ready Suspended", table.standing());
        table.suspend(false);
        assertEquals("mnist-tj-check-1", pod(table.pass()).getMetadata().getName());
    }

    @Test
    void aJobThatHasEndedStopsItsCheck() {
        table.make(table.pass());
        table.job.getStatus().getConditions().stream()
                .filter(condition -> condition.getType().equals(Conditions.FAILED))
                .forEach(condition -> condition.setStatus(Conditions.TRUE));
        assertEquals(List.of("mnist-tj-check-1"), table.deleted(table.pass()));
    }

    private static Pod pod(Plan<JobStatus> plan) {
        return (Pod) plan.children().make().getLast();
    }
}
