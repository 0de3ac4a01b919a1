package dev.capstan.controllers.job;

import static dev.capstan.controllers.plan.Notice.Reason.RolledBack;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.controllers.lineage.Referents;
import dev.capstan.controllers.plan.Children;
import dev.capstan.controllers.plan.Notice;
import dev.capstan.controllers.plan.Plan;
import dev.capstan.controllers.plan.Refusal;
import dev.capstan.controllers.testing.Jobs;
import dev.capstan.controllers.testing.Stage;
import dev.capstan.crds.Conditions;
import dev.capstan.crds.JobStatus;
import dev.capstan.crds.KeyReference;
import dev.capstan.crds.Phase;
import dev.capstan.crds.Reasons;
import dev.capstan.crds.testing.ApiServer;
import dev.capstan.crds.training.Dl4jModel;
import dev.capstan.crds.training.Model;
import dev.capstan.protocol.Outcome;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Somebody else's object has a name that a job needs. */
class TakenNameTest {
    private final PlanTable table = new PlanTable();

    @Test
    void aNameIsWaitedForWithPlacesAsItsOwnerMayBeAboutToGo() {
        granted();
        table.later(119);
        assertEquals(Duration.ofSeconds(5), taken().again().orElseThrow());
        assertEquals("Reconciling NameTaken", table.standing());
        assertEquals("service mnist-tj-workers exists and belongs to somebody else", table.message());
        assertEquals(1, table.job.getStatus().getAttempt());
    }

    @Test
    void whoStaysIsNotWaitedForWithPlaces() {
        granted();
        taken(false);
        assertEquals(
                "attempt 1 was rolled back (1 so far): service mnist-tj-workers exists and belongs to somebody else",
                table.message());
        assertTrue(JobWorkloads.grant(table.description(), PlanTable.SETTINGS, name -> 0)
                .isEmpty());
    }

    @Test
    void beforeAJobQueuesForTheFirstTimeItsNamesAreLookedAt() {
        var children = plan().children();
        assertEquals(
                List.of(
                        "Secret mnist-tj-peers",
                        "Service mnist-tj-workers",
                        "NetworkPolicy mnist-tj-workers",
                        "ConfigMap mnist-tj-1"),
                children.names().stream()
                        .map(child ->
                                child.getKind() + " " + child.getMetadata().getName())
                        .toList());
        assertEquals(List.of(), children.make(), "and nothing is made");
        taken(false);
        assertEquals("Reconciling NameTaken", table.standing());
        assertEquals(Optional.empty(), table.workload(), "it holds nothing");
        assertEquals(List.of(Notice.Reason.NameTaken), table.reasons());
        table.pass();
        assertEquals("Reconciling WaitingForCapacity", table.standing(), "as soon as they are free");
        assertEquals(Children.UNTOUCHED, table.pass().children(), "once is enough");
    }

    @Test
    void afterTwoMinutesThePlacesAreGivenUp() {
        granted();
        table.later(120);
        taken();
        assertEquals("Reconciling NameTaken", table.standing());
        assertEquals(
                "attempt 1 was rolled back (1 so far): service mnist-tj-workers exists and belongs to somebody else",
                table.message());
        assertEquals(RolledBack, table.reasons().getLast());
        assertTrue(JobWorkloads.grant(table.description(), PlanTable.SETTINGS, name -> 0)
                .isEmpty());
    }

    @Test
    void theGangThenQueuesWhenItHasTheNamesThatAllAttemptsNeed() {
        table.job
                .getSpec()
                .setModel(new Model()
                        .setDl4j(new Dl4jModel()
                                .setConfigMapKeyRef(
                                        new KeyReference().setName("nets").setKey("lenet.json"))));
        table.lookup = Optional.of(new Referents.Lookup(false, true, Optional.of("{}"), Map.of()));
        rolledBack();
        var children = plan().children();
        assertEquals(
                List.of(
                        "Service mnist-tj-workers",
                        "NetworkPolicy mnist-tj-workers",
                        "ConfigMap " + table.description().owner().names().model()),
                children.make().stream()
                        .map(child ->
                                child.getKind() + " " + child.getMetadata().getName())
                        .toList());
        assertEquals(
                "mnist-tj-peers",
                children.peersSecret().orElseThrow().getMetadata().getName());
        assertEquals(1, children.dryRuns().size());

        assertEquals(Duration.ofSeconds(5), taken().again().orElseThrow());
        assertEquals("Reconciling NameTaken", table.standing());
        assertEquals("service mnist-tj-workers exists and belongs to somebody else", table.message());
        assertEquals(Phase.PENDING, table.job.getStatus().getPhase());
        assertEquals(Optional.empty(), table.workload());

        table.later(5);
        table.pass();
        assertEquals("Reconciling WaitingForCapacity", table.standing());
        assertEquals(2, table.workload().orElseThrow().attempt());
        assertEquals(Children.UNTOUCHED, table.pass().children(), "once is enough");
        assertEquals(1, table.job.getStatus().getRollbacks());
    }

    @Test
    void dataThatWereCheckedAreNotCheckedAgainForThat() {
        table.job.getSpec().getData().setCheckFirst(true);
        table.checking();
        table.endCheck(1, new Outcome(Outcome.Reason.Succeeded, "60000 samples", null));
        table.pass();
        rolledBack();
        taken();
        assertTrue(table.holds(Conditions.DATA_CHECKED));
    }

    @Test
    void theCheckOfTheDataWaitsForItsNamesToo() {
        table.job.getSpec().getData().setCheckFirst(true);
        table.pass();
        assertEquals(Duration.ofSeconds(5), taken().again().orElseThrow());
        assertEquals(
                Reasons.NAME_TAKEN, table.condition(Conditions.DATA_CHECKED).getReason());
    }

    @Test
    void aCheckThatHasAPlaceGivesItUpAfterAWhileToo() {
        table.job.getSpec().getData().setCheckFirst(true);
        table.pass();
        table.grantCheck("a");
        assertEquals(Duration.ofSeconds(5), taken().again().orElseThrow());
        assertEquals("Reconciling NameTaken", table.standing());
        assertEquals(1, table.job.getStatus().getAttempt());
        table.later(120);
        taken();
        assertEquals(2, table.job.getStatus().getAttempt());
        assertTrue(JobWorkloads.grant(table.description(), PlanTable.SETTINGS, name -> 0)
                .isEmpty());
    }

    /** As {@code kubectl delete --cascade=orphan} leaves them. */
    @Test
    void whatAnEarlierJobLeftBehindIsNamedAndNobodyWaitsWithPlacesMeanwhile() {
        try (var stage = Stage.open(ApiServer.shared(), "name")) {
            stage.node("a", 1);
            stage.submit(Jobs.mnist(stage.namespace, "a", 1));
            stage.awaitPods("a", 1, 1);
            orphan(stage, "a");
            stage.submit(Jobs.mnist(stage.namespace, "a", 1));
            stage.awaitReason("a", Conditions.READY, Reasons.NAME_TAKEN);
            var names = "secret a-tj-peers, service a-tj-workers, networkpolicy a-tj-workers, configmap a-tj-1,"
                    + " pod a-tj-1-worker-0-0";
            assertEquals(
                    names
                            + " exist and belong to nobody any more, as their owner was deleted without them, and its"
                            + " pods hold 1 nvidia.com/gpu; if nobody needs them, kubectl delete --namespace="
                            + stage.namespace
                            + " secret/a-tj-peers service/a-tj-workers networkpolicy/a-tj-workers configmap/a-tj-1"
                            + " pod/a-tj-1-worker-0-0",
                    stage.condition("a", Conditions.READY).getMessage());
            assertNull(stage.job("a").getStatus().getAdmission());
        }
    }

    /** Deleted with the job of the name before it, and kept by a finalizer that some admission webhook has given it. */
    @Test
    void whatKeepsTheServiceOfAnEarlierJobOfTheNameIsSaid() {
        try (var stage = Stage.open(ApiServer.shared(), "name")) {
            stage.serviceOfSomebodyElse("a-tj-workers");
            var service = stage.client.services().inNamespace(stage.namespace).withName("a-tj-workers");
            service.edit(there -> finalizers(there, "example.com/audit"));
            service.delete();
            stage.node("a", 1);
            stage.submit(Jobs.mnist(stage.namespace, "a", 1));
            stage.awaitReason("a", Conditions.READY, Reasons.NAME_TAKEN);
            assertEquals(
                    "service a-tj-workers exists and is still being deleted, held by example.com/audit",
                    stage.condition("a", Conditions.READY).getMessage());
            service.edit(there -> finalizers(there));
            stage.awaitPods("a", 1, 1);
        }
    }

    /** Plays the garbage collector, which takes the owner off what is to stay. */
    private static void orphan(Stage stage, String job) {
        stage.stopControllers();
        var client = stage.client;
        Stream.of(
                        client.secrets(),
                        client.services(),
                        client.network().networkPolicies(),
                        client.configMaps(),
                        client.pods())
                .map(all -> all.inNamespace(stage.namespace)
                        .withLabel("capstan.dev/job", job)
                        .resources())
                .flatMap(each -> each)
                .forEach(each -> each.edit(object -> {
                    object.getMetadata().setOwnerReferences(List.of());
                    return object;
                }));
        client.resource(stage.job(job)).delete();
        stage.startControllers();
    }

    private static Service finalizers(Service service, String... finalizers) {
        return new ServiceBuilder(service)
                .editMetadata()
                .withFinalizers(finalizers)
                .endMetadata()
                .build();
    }

    private void granted() {
        table.pass();
        table.grant().pass();
    }

    private void rolledBack() {
        granted();
        table.later(120);
        taken();
        table.pass();
        table.later(1);
    }

    private Plan<JobStatus> plan() {
        return JobPlan.decide(table.description(), table.world(), PlanTable.SETTINGS)
                .orElseThrow();
    }

    /** The service has another owner. */
    private Plan<JobStatus> taken() {
        return taken(true);
    }

    private Plan<JobStatus> taken(boolean leaving) {
        return table.take(JobPlan.refused(
                table.description(),
                table.world(),
                PlanTable.SETTINGS,
                new Refusal.Taken("service mnist-tj-workers exists and belongs to somebody else", leaving)));
    }
}
