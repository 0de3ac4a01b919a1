package dev.capstan.controllers.inference;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.controllers.lineage.Referents;
import dev.capstan.controllers.status.ConditionSet;
import dev.capstan.controllers.testing.Stage;
import dev.capstan.crds.Conditions;
import dev.capstan.crds.Reasons;
import dev.capstan.crds.testing.ApiServer;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A service on the real API server, with real admission; the test plays the kubelets. */
class ServiceLifeTest {
    private static final String MODEL = "model: {from: {uri: \"pvc://models/mnist\"}, digest: \"sha256:%s\"}";

    private Stage stage;
    private Services services;

    @BeforeEach
    void open() {
        stage = Stage.open(ApiServer.shared(), "services");
        services = new Services(stage);
    }

    @AfterEach
    void close() {
        stage.close();
    }

    private static String model(int number) {
        return MODEL.formatted("%064x".formatted(number));
    }

    @Test
    void aServiceAnswersIsScaledAndRolledOutByWhomever() throws Exception {
        stage.node("a", 2);
        services.apply("digits", model(1));
        services.awaitPods("digits", "digits-infsvc-1-replica-0-0").forEach(stage::runs);
        services.await("digits", Conditions.READY);
        stage.awaitEvents("digits", "RevisionCreated", "Admitted", "RolledOut");

        assertEquals(List.of(), toApply("digits"), "what the API server has is what is wanted");

        // Somebody else's labels stay, and what somebody deletes comes again.
        label("digits-infsvc", "mesh", "yes");
        var before = object("digits-infsvc");
        stage.client.resource(object("digits-infsvc-replicas")).delete();
        var secret = stage.client.secrets().inNamespace(stage.namespace).withName("digits-infsvc-peers");
        var token = secret.get().getData();
        secret.delete();
        stage.client
                .services()
                .inNamespace(stage.namespace)
                .withName("digits-infsvc-replicas")
                .waitUntilCondition(there -> there != null, 30, TimeUnit.SECONDS);
        assertEquals(
                token,
                secret.waitUntilCondition(there -> there != null, 30, TimeUnit.SECONDS)
                        .getData(),
                "by which pods that run know each other");
        stage.awaitEvents("digits", "RevisionCreated", "Admitted", "RolledOut", "Remade");
        stage.gone(services.pod("digits-infsvc-1-replica-0-0"));
        stage.runs(stage.awaitPod("digits-infsvc-1-replica-0-0"));
        services.await(
                "digits", "answering again", service -> service.getStatus().getReadyReplicas() == 1);

        // What came through the scale subresource stays when Git is applied again.
        services.scale("digits", 2);
        services.awaitPods("digits", "digits-infsvc-1-replica-0-0", "digits-infsvc-1-replica-1-0");
        stage.runs(services.pod("digits-infsvc-1-replica-1-0"));
        services.await("digits", "of two", service -> service.getStatus().getReadyReplicas() == 2);
        services.apply("digits", model(1));
        assertEquals(2, services.get("digits").getSpec().getReplicas());

        // A rollout without room for a surge, in the midst of which the operator is killed.
        services.apply("digits", model(2) + ", rollout: {maxSurge: 0}");
        stage.awaitTerminating(services.pod("digits-infsvc-1-replica-0-0"));
        stage.stopControllers();
        stage.gone(services.pod("digits-infsvc-1-replica-0-0"));
        stage.startControllers();
        services.awaitPods("digits", "digits-infsvc-1-replica-1-0", "digits-infsvc-2-replica-0-0");
        stage.runs(services.pod("digits-infsvc-2-replica-0-0"));
        stage.awaitTerminating(services.pod("digits-infsvc-1-replica-1-0"));
        stage.gone(services.pod("digits-infsvc-1-replica-1-0"));
        services.awaitPods("digits", "digits-infsvc-2-replica-0-0", "digits-infsvc-2-replica-1-0");
        stage.runs(services.pod("digits-infsvc-2-replica-1-0"));
        var done = services.await(
                "digits",
                "rolled out",
                service -> Integer.valueOf(2).equals(service.getStatus().getRevision())
                        && service.getStatus().getReadyReplicas() == 2);
        assertNull(done.getStatus().getUpdatingRevision());

        services.scale("digits", 1);
        stage.awaitTerminating(services.pod("digits-infsvc-2-replica-1-0"));
        stage.gone(services.pod("digits-infsvc-2-replica-1-0"));
        services.await(
                "digits",
                "of one place",
                service -> service.getStatus().getAdmission().getPlacements().size() == 1
                        && service.getStatus().getGivenBack() == null);
        var after = object("digits-infsvc");
        assertEquals("yes", after.getMetadata().getLabels().get("mesh"));
        assertEquals(
                before.getMetadata().getResourceVersion(),
                after.getMetadata().getResourceVersion(),
                "nobody wrote it back all the time");
        assertNotEquals(0, stage.eventReasons("digits").size());
        assertTrue(ConditionSet.holds(services.get("digits").getStatus().getConditions(), Conditions.READY));
    }

    @Test
    void aReplicaMovesWhenItsNodeIsGoneOrDrainedAndAnotherKindOfPodGetsItsPlace() throws Exception {
        var a = stage.node("a", 1);
        services.apply("digits", model(1));
        services.awaitPods("digits", "digits-infsvc-1-replica-0-0").forEach(stage::runs);
        services.await("digits", Conditions.READY);

        stage.client.nodes().withName(a).delete();
        services.await(
                "digits",
                "waiting for a place",
                service -> ConditionSet.find(service.getStatus().getConditions(), Conditions.ADMITTED)
                        .filter(condition -> condition.getMessage().contains("nvidia.com/gpu"))
                        .isPresent());
        var b = stage.node("b", 1);
        var moved = stage.awaitPod("digits-infsvc-1-replica-0-1");
        assertEquals(b, Stage.node(moved));
        stage.runs(moved);
        services.await("digits", Conditions.READY);
        stage.gone(services.pod("digits-infsvc-1-replica-0-0"));

        // Cordoned, as a drain begins: the replica there goes when another answers, and not before.
        stage.client
                .nodes()
                .withName(b)
                .edit(node -> new NodeBuilder(node)
                        .editSpec()
                        .withUnschedulable(true)
                        .endSpec()
                        .build());
        services.await(
                "digits",
                "waiting for another place",
                service -> ConditionSet.find(service.getStatus().getConditions(), Conditions.RECONCILING)
                        .filter(condition -> condition.getReason().equals(Reasons.DRAIN_WAITS)
                                && condition.getMessage().contains(b))
                        .isPresent());
        stage.node("c", 2);
        var first = stage.awaitPod("digits-infsvc-1-replica-1-0");
        assertNull(services.pod("digits-infsvc-1-replica-0-1").getMetadata().getDeletionTimestamp());
        stage.runs(first);
        stage.awaitTerminating(services.pod("digits-infsvc-1-replica-0-1"));
        stage.gone(services.pod("digits-infsvc-1-replica-0-1"));
        var last = stage.awaitPod("digits-infsvc-1-replica-0-0");
        stage.runs(last);
        stage.awaitTerminating(services.pod("digits-infsvc-1-replica-1-0"));
        stage.gone(services.pod("digits-infsvc-1-replica-1-0"));

        // Routers are placed beside replicas, and clients reach them as soon as one is ready.
        services.apply("digits", model(1) + ", router: {replicas: 1, resources: {limits: {cpu: 1}}}");
        stage.client
                .pods()
                .inNamespace(stage.namespace)
                .withLabel("app.kubernetes.io/component", "router")
                .informOnCondition(pods -> pods.size() == 1)
                .get(30, TimeUnit.SECONDS)
                .forEach(stage::runs);
        stage.client
                .services()
                .inNamespace(stage.namespace)
                .withName("digits-infsvc")
                .waitUntilCondition(
                        there -> "router".equals(there.getSpec().getSelector().get("app.kubernetes.io/component")),
                        30,
                        TimeUnit.SECONDS);
        services.await(
                "digits",
                "as it is wanted",
                service -> !ConditionSet.holds(service.getStatus().getConditions(), Conditions.RECONCILING)
                        && Integer.valueOf(1).equals(service.getStatus().getReadyRouters()));
    }

    /** What the next plan would apply, though nothing has changed. */
    private List<HasMetadata> toApply(String name) {
        var service = services.get(name);
        var objects = new ArrayList<HasMetadata>();
        objects.addAll(
                stage.client.services().inNamespace(stage.namespace).list().getItems());
        objects.addAll(stage.client
                .policy()
                .v1()
                .podDisruptionBudget()
                .inNamespace(stage.namespace)
                .list()
                .getItems());
        objects.addAll(stage.client
                .network()
                .v1()
                .networkPolicies()
                .inNamespace(stage.namespace)
                .list()
                .getItems());
        var world = new ServiceWorld(
                Instant.now(),
                stage.client.pods().inNamespace(stage.namespace).list().getItems(),
                Map.of(stage.namespace + "-a", new ServiceWorld.Node(true, Instant.EPOCH, false)),
                new Referents(Set.of(), Set.of(), true, Optional.empty(), Optional.empty()),
                Set.of(),
                Map.of(),
                Map.of(),
                Optional.empty(),
                objects,
                false,
                false,
                Map.of(),
                Set.of());
        return ServicePlan.decide(service, world, stage.workers())
                .orElseThrow()
                .plan()
                .children()
                .apply();
    }

    private Service object(String name) {
        return stage.client
                .services()
                .inNamespace(stage.namespace)
                .withName(name)
                .get();
    }

    private void label(String name, String key, String value) {
        stage.client
                .services()
                .inNamespace(stage.namespace)
                .withName(name)
                .edit(there -> new ServiceBuilder(there)
                        .editMetadata()
                        .addToLabels(Map.of(key, value))
                        .endMetadata()
                        .build());
    }
}
