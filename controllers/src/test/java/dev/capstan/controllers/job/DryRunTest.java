package dev.capstan.controllers.job;

import static dev.capstan.controllers.plan.Notice.Reason.Queued;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.controllers.plan.Notice;
import dev.capstan.controllers.plan.Plan;
import dev.capstan.controllers.plan.Refusal;
import dev.capstan.controllers.pods.WorkerPods;
import dev.capstan.crds.JobStatus;
import dev.capstan.crds.Phase;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Before a gang queues, the API server is asked whether it would take it. */
class DryRunTest {
    private final PlanTable table = new PlanTable();

    @Test
    void aJobThatIsAboutToQueueAsksForAllOfItsPodsAsTheyWillBe() {
        var trial = plan().children().dryRuns().getFirst();
        assertEquals(2, trial.count());
        table.pass();
        table.grant().pass();
        var made = WorkerPods.pod(
                table.description().owner(), table.description().podSet(0), 1, 0, Optional.of("a"), PlanTable.SETTINGS);
        assertNull(trial.pod().getSpec().getAffinity(), "no node is granted yet");
        made.getSpec().setAffinity(null);
        assertEquals(made, trial.pod());
    }

    @Test
    void aJobThatQueuesOrHasPlacesAsksNoMore() {
        table.pass();
        assertEquals(List.of(), table.pass().children().dryRuns());
        table.grant();
        assertEquals(List.of(), table.pass().children().dryRuns());
        table.make(table.pass());
        assertEquals(List.of(), table.pass().children().dryRuns());
    }

    @Test
    void eachAttemptAsksAnew() {
        table.running();
        table.delete(1);
        table.pass();
        table.pods.clear();
        table.later(60);
        assertEquals(1, table.pass().children().dryRuns().size());
    }

    @Test
    void aJobThatMissesSomethingDoesNotAsk() {
        table.missingClaims.add("models");
        assertEquals(List.of(), table.pass().children().dryRuns());
    }

    @Test
    void aGangThatWouldBeRefusedDoesNotQueueAndIsAskedForAgainUntilItIsTaken() {
        assertEquals(Duration.ofSeconds(1), refuse(new Refusal.Denied("pod mnist-tj-1-worker-0-0", "not baseline")));
        assertEquals("Reconciling PodRefused", table.standing());
        assertEquals("pod mnist-tj-1-worker-0-0 was refused: not baseline", table.message());
        assertEquals(Phase.PENDING, table.job.getStatus().getPhase());
        assertEquals(Optional.empty(), table.workload());
        assertEquals(List.of(Notice.Reason.PodRefused), table.reasons());

        assertEquals(Duration.ofSeconds(5), refuse(new Refusal.Denied("pod mnist-tj-1-worker-0-0", "not baseline")));
        assertEquals(1, table.job.getStatus().getAttempt());
        assertEquals(0, table.job.getStatus().getRollbacks());

        table.pass();
        assertEquals("Reconciling WaitingForCapacity", table.standing());
        assertEquals(List.of(Notice.Reason.PodRefused, Queued), table.reasons());
        assertTrue(table.workload().isPresent());
    }

    @Test
    void aGangThatANamespacesQuotaHasTooLittleForSaysSo() {
        refuse(new Refusal.OverQuota("ResourceQuota team has 1 of 4 pods left, and 2 workers ask for 2"));
        assertEquals("Reconciling ExceedsResourceQuota", table.standing());
        assertEquals("ResourceQuota team has 1 of 4 pods left, and 2 workers ask for 2", table.message());
        assertEquals(Optional.empty(), table.workload());
    }

    private Plan<JobStatus> plan() {
        return JobPlan.decide(table.description(), table.world(), PlanTable.SETTINGS)
                .orElseThrow();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Pod \"p\" is invalid: spec.containers[0].resources.requests: Invalid value: \"1Gi\": must be less than or"
                        + " equal to memory limit of 200Mi",
                "pods \"p\" is forbidden: maximum memory usage per Container is 256Mi, but limit is 1Gi",
                "pods \"p\" is forbidden: maximum memory usage per Pod is 256Mi, but limit is 1073741824",
                "pods \"p\" is forbidden: failed quota: q: must specify limits.memory for: worker"
            })
    void aRefusalOfResourcesNamesTheFieldOfTheJob(String message) {
        refuse(new Refusal.Denied("pod mnist-tj-1-worker-0-0", message));
        assertTrue(
                table.message().startsWith("pod mnist-tj-1-worker-0-0 was refused: " + message)
                        && table.message().contains("; workers.resources says what a worker gets"),
                table.message());
    }

    /** When the API server is asked again after it has refused. */
    private Duration refuse(Refusal refusal) {
        assertEquals(1, plan().children().dryRuns().size());
        return table.take(JobPlan.refused(table.description(), table.world(), PlanTable.SETTINGS, refusal))
                .again()
                .orElseThrow();
    }
}
