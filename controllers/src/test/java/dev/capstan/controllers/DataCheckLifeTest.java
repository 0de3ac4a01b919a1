package dev.capstan.controllers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.controllers.testing.Jobs;
import dev.capstan.controllers.testing.Kubelets;
import dev.capstan.controllers.testing.Stage;
import dev.capstan.crds.Conditions;
import dev.capstan.crds.Reasons;
import dev.capstan.crds.WorkerResources;
import dev.capstan.crds.testing.ApiServer;
import dev.capstan.crds.training.TrainingJob;
import dev.capstan.protocol.Outcome;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Jobs whose data are checked first, on a real API server; the tests play the kubelets. */
class DataCheckLifeTest {
    private static final Outcome FINE = new Outcome(Outcome.Reason.Succeeded, "60000 samples", null);

    private static ApiServer api;

    @BeforeAll
    static void start() {
        api = ApiServer.shared();
    }

    @Test
    void checksQueueForRoomAndAreGrantedInOrder() {
        try (var stage = Stage.open(api, "checks")) {
            var node = stage.node("a", 1);
            stage.submit(checked(stage, "a"));
            var first = stage.awaitPods("a", 1, 1).getFirst();
            assertEquals("a-tj-1-check-0-0", first.getMetadata().getName());
            assertEquals(node, Kubelets.node(first));
            assertEquals(
                    List.of("check"), first.getSpec().getContainers().getFirst().getArgs());
            stage.runs(first);
            stage.submit(checked(stage, "b"));
            stage.awaitReason("b", Conditions.RECONCILING, Reasons.WAITING_FOR_CAPACITY);
            stage.await(
                    "b",
                    "told what its check lacks",
                    job -> stage.condition("b", Conditions.RECONCILING)
                            .getMessage()
                            .startsWith("data check: needs 1 pod of "));
            assertEquals(
                    Reasons.WAITING_FOR_CAPACITY,
                    stage.condition("b", Conditions.DATA_CHECKED).getReason());
            assertEquals(List.of(), stage.pods("b", 1));
            assertEquals(1.0, stage.registry.get("capstan.queue.checks").gauge().value());
            assertEquals(0.0, stage.registry.get("capstan.queue.gangs").gauge().value());

            stage.ends(first, new Outcome(Outcome.Reason.InvalidData, "train/x.gz is truncated", null));
            stage.await("a", Conditions.FAILED);
            var second = stage.awaitPods("b", 1, 1).getFirst();
            assertFalse(second.getSpec()
                    .getContainers()
                    .getFirst()
                    .getResources()
                    .getRequests()
                    .containsKey("nvidia.com/gpu"));
            stage.ends(second, FINE);
            var worker = stage.awaitPods("b", 2, 1).getFirst();
            assertEquals("b-tj-2-worker-0-0", worker.getMetadata().getName());
            var job = stage.await("b", Conditions.ADMITTED);
            assertTrue(holds(stage, "b", Conditions.DATA_CHECKED));
            assertEquals(1, job.getStatus().getChecks());
            assertEquals(0, job.getStatus().getRestarts());
            // Told of the workers alone, as is how long they have waited.
            stage.awaitEvents("b", "Queued", "Admitted");
            assertEquals(1, stage.registry.get("capstan.queue.wait").timer().count());
        }
    }

    @Test
    void aNewOperatorGoesOnWithTheCheckOfTheLastOne() {
        try (var stage = Stage.open(api, "handover")) {
            stage.node("a", 1);
            stage.submit(checked(stage, "a"));
            var check = stage.awaitPods("a", 1, 1).getFirst();
            stage.runs(check);
            stage.stopControllers();
            stage.ends(check, FINE);
            stage.startControllers();
            stage.awaitPods("a", 2, 1);
            assertEquals(1, stage.job("a").getStatus().getChecks());
        }
    }

    @Test
    void aCheckWhoseNodeIsGoneIsMadeOnAnother() {
        try (var stage = Stage.open(api, "gone")) {
            var node = stage.node("a", 1);
            stage.submit(checked(stage, "a"));
            stage.runs(stage.awaitPods("a", 1, 1).getFirst());
            stage.awaitReason("a", Conditions.RECONCILING, Reasons.CHECKING_DATA);
            stage.client.nodes().withName(node).delete();
            stage.await("a", "in another attempt", job -> job.getStatus().getAttempt() == 2);
            var other = stage.node("b", 1);
            var again = stage.awaitPods("a", 2, 1).getFirst();
            assertEquals("a-tj-2-check-0-0", again.getMetadata().getName());
            assertEquals(other, Kubelets.node(again));
        }
    }

    @Test
    void theRoomOfACheckIsFreeWhenItsJobRestsOrIsDeleted() {
        try (var stage = Stage.open(api, "rest")) {
            stage.node("a", 1);
            stage.submit(checked(stage, "a"));
            var first = stage.awaitPods("a", 1, 1).getFirst();
            stage.runs(first);
            stage.submit(checked(stage, "b"));
            stage.awaitReason("b", Conditions.RECONCILING, Reasons.WAITING_FOR_CAPACITY);
            stage.suspend("a", true);
            stage.awaitTerminating(first);
            stage.gone(first);
            stage.await("a", Conditions.SUSPENDED);
            assertNull(stage.job("a").getStatus().getChecks());
            var second = stage.awaitPods("b", 1, 1).getFirst();
            stage.submit(checked(stage, "c"));
            stage.awaitReason("c", Conditions.RECONCILING, Reasons.WAITING_FOR_CAPACITY);
            stage.client.resource(stage.job("b")).delete();
            stage.gone(second);
            stage.awaitPods("c", 1, 1);
        }
    }

    @Test
    void aCheckThatAReleaseBeforeMadeIsHeardToTheEnd() {
        try (var stage = Stage.open(api, "before")) {
            stage.node("a", 1);
            stage.submit(checked(stage, "a"));
            var granted = stage.awaitPods("a", 1, 1).getFirst();
            stage.stopControllers();
            // As that release left it: a pod that the scheduler found a node for, and no grant.
            var node = Kubelets.node(granted);
            stage.gone(granted);
            var earlier = stage.client.resource(earlier(granted, node)).create();
            stage.runs(earlier);
            stage.client
                    .resources(TrainingJob.class)
                    .inNamespace(stage.namespace)
                    .withName("a")
                    .editStatus(job -> {
                        job.getStatus().setAdmission(null);
                        return job;
                    });
            stage.startControllers();
            stage.await(
                    "a",
                    "told that it reads",
                    job -> stage.condition("a", Conditions.RECONCILING)
                            .getMessage()
                            .equals("pod a-tj-check-1 reads all samples"));
            stage.ends(earlier, FINE);
            var worker = stage.awaitPods("a", 1, 1).getFirst();
            assertEquals("a-tj-1-worker-0-0", worker.getMetadata().getName());
        }
    }

    private static Pod earlier(Pod granted, String node) {
        var labels = new HashMap<>(granted.getMetadata().getLabels());
        labels.keySet().removeIf(label -> label.matches("capstan.dev/(attempt|rank|pod-set)"));
        labels.put("capstan.dev/try", "1");
        return new PodBuilder(granted)
                .withNewMetadata()
                .withNamespace(granted.getMetadata().getNamespace())
                .withName("a-tj-check-1")
                .withLabels(labels)
                .withOwnerReferences(granted.getMetadata().getOwnerReferences())
                .endMetadata()
                .editSpec()
                .withNodeName(node)
                .endSpec()
                .withStatus(null)
                .build();
    }

    private static boolean holds(Stage stage, String job, String condition) {
        return "True".equals(stage.condition(job, condition).getStatus());
    }

    /** Of the 16 cores of a node its check takes ten, as its worker does. */
    private static TrainingJob checked(Stage stage, String name) {
        var job = Jobs.mnist(stage.namespace, name, 1);
        job.getSpec().getData().setCheckFirst(true);
        job.getSpec()
                .getWorkers()
                .setResources(new WorkerResources()
                        .setLimits(Map.of("nvidia.com/gpu", new Quantity("1")))
                        .setRequests(Map.of("cpu", new Quantity("10"))));
        return job;
    }
}
