package dev.capstan.controllers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.controllers.testing.Jobs;
import dev.capstan.controllers.testing.Stage;
import dev.capstan.controllers.training.TrainingKind;
import dev.capstan.crds.Conditions;
import dev.capstan.crds.EarlierModel;
import dev.capstan.crds.FailurePolicy;
import dev.capstan.crds.KeyReference;
import dev.capstan.crds.LocalReference;
import dev.capstan.crds.Reasons;
import dev.capstan.crds.Scheduling;
import dev.capstan.crds.testing.ApiServer;
import dev.capstan.crds.training.Dl4jModel;
import dev.capstan.crds.training.Model;
import dev.capstan.crds.training.TrainingJob;
import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Json;
import dev.capstan.protocol.Outcome;
import dev.capstan.protocol.Progress;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.scheduling.v1.PriorityClassBuilder;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What happens to jobs over a long life, and between them, on a real API server; the tests play the kubelets. */
class LongJobTest {
    private static final String DIGEST = "sha256:" + "1".repeat(64);
    private static final Outcome SUCCESS = new Outcome(
            Outcome.Reason.Succeeded,
            "done",
            new Outcome.Artifact("pvc://models/base", DIGEST, 407056, Map.of("accuracy", 0.9761)));

    private static final Outcome STOPPED = new Outcome(
            Outcome.Reason.Terminated,
            "asked to stop",
            null,
            new Progress.Checkpoint(4100, "pvc://models/x", DIGEST, "2026-01-01T00:00:00Z"));

    private static ApiServer api;

    @BeforeAll
    static void start() {
        api = ApiServer.shared();
    }

    @Test
    void aJobRestsGivesItsPlacesToAnotherAndGoesOn() {
        try (var stage = Stage.open(api, "rest")) {
            stage.node("a", 2);
            stage.submit(Jobs.mnist(stage.namespace, "a", 2));
            var pods = stage.awaitPods("a", 1, 2);
            pods.forEach(stage::runs);
            stage.await("a", Conditions.READY);
            stage.submit(Jobs.mnist(stage.namespace, "b", 2));
            stage.awaitReason("b", Conditions.RECONCILING, Reasons.WAITING_FOR_CAPACITY);

            stage.suspend("a", true);
            pods.forEach(stage::awaitTerminating);
            stage.awaitReason("a", Conditions.RECONCILING, Reasons.SUSPENDING);
            assertEquals(
                    60,
                    pod(stage, pods.getFirst()).getMetadata().getDeletionGracePeriodSeconds(),
                    "time for a checkpoint");
            assertEquals(List.of(), stage.pods("b", 1), "the places are still taken");
            // No pass may see it between its end and its being gone.
            stage.ends(pods.getFirst(), STOPPED);
            pods.forEach(stage::gone);
            var resting = stage.await("a", Conditions.SUSPENDED);
            assertEquals(4100, resting.getStatus().getLastCheckpoint().getStep());
            assertEquals(
                    Reasons.SUSPENDED, stage.condition("a", Conditions.READY).getReason());
            assertEquals(0, resting.getStatus().getRestarts());

            var others = stage.awaitPods("b", 1, 2);
            stage.patch("a", "\"workers\": {\"image\": \"capstan/worker:mended\"}");
            stage.suspend("a", false);
            stage.awaitReason("a", Conditions.RECONCILING, Reasons.WAITING_FOR_CAPACITY);
            others.forEach(stage::runs);
            stage.await("b", Conditions.READY);
            stage.ends(others.get(0), SUCCESS);
            stage.ends(others.get(1), new Outcome(Outcome.Reason.Succeeded, "done", null));
            var next = stage.awaitPods("a", 2, 2);
            next.forEach(stage::runs);
            next.forEach(pod -> assertEquals(
                    "capstan/worker:mended",
                    pod.getSpec().getContainers().getFirst().getImage(),
                    "as it was changed"));
            var again = stage.await("a", Conditions.READY);
            assertEquals(0, again.getStatus().getRestarts());
            stage.awaitEvents(
                    "a", "Queued", "Admitted", "Started", "Suspended", "Queued", "Resumed", "Admitted", "Started");
        }
    }

    @Test
    void aJobGoesOnFromWhatAnotherMadeAndTheOtherMayBeDeletedThen() {
        try (var stage = Stage.open(api, "from")) {
            stage.node("a", 1);
            var tuned = Jobs.mnist(stage.namespace, "tuned", 1);
            tuned.getSpec()
                    .setModel(new Model()
                            .setFrom(new EarlierModel().setTrainingJobRef(new LocalReference().setName("base"))));
            stage.submit(tuned);
            awaitMessage(stage, "tuned", "which does not exist in the namespace: create it");
            var base = Jobs.mnist(stage.namespace, "base", 1);
            base.getSpec().setTtlSecondsAfterFinished(10);
            stage.submit(base);
            var pod = stage.awaitPods("base", 1, 1).getFirst();
            stage.runs(pod);
            awaitMessage(stage, "tuned", "which is not complete: Training");
            stage.ends(pod, SUCCESS);

            stage.awaitPods("tuned", 1, 1);
            var file = Json.read(configMap(stage, "tuned-tj-1").getData().get("job.json"), JobFile.class);
            assertEquals(DIGEST, file.train().model().from().digest());
            assertEquals(
                    "/var/capstan/volumes/models/base",
                    file.train().model().from().place().path());
            // It is deleted, since its time is over.
            stage.client.resource(base).waitUntilCondition(job -> job == null, 30, TimeUnit.SECONDS);
            assertEquals(DIGEST, stage.job("tuned").getStatus().getModel().getDigest());
        }
    }

    @Test
    void aModelIsCopiedFromItsConfigMapAndAnEditInMidJobChangesNothing() {
        try (var stage = Stage.open(api, "copy")) {
            stage.node("a", 1);
            var job = Jobs.mnist(stage.namespace, "a", 1);
            job.getSpec()
                    .setModel(new Model()
                            .setDl4j(new Dl4jModel()
                                    .setConfigMapKeyRef(
                                            new KeyReference().setName("nets").setKey("lenet.json"))));
            stage.submit(job);
            stage.awaitReason("a", Conditions.RECONCILING, Reasons.MISSING_REFERENCE);
            var nets = new ConfigMapBuilder()
                    .withNewMetadata()
                    .withNamespace(stage.namespace)
                    .withName("nets")
                    .endMetadata()
                    .withData(Map.of("lenet.json", "{\"first\": 1}"))
                    .build();
            stage.client.resource(nets).create();
            var pod = stage.awaitPods("a", 1, 1).getFirst();
            assertEquals(
                    Map.of("model.json", "{\"first\": 1}"),
                    configMap(stage, modelCopy(stage.job("a"))).getData());

            stage.client.resource(nets).delete();
            stage.runs(pod);
            stage.await("a", Conditions.READY);
            stage.gone(pod);
            stage.awaitPods("a", 2, 1);
            assertEquals(
                    Map.of("model.json", "{\"first\": 1}"),
                    configMap(stage, modelCopy(stage.job("a"))).getData());
        }
    }

    @Test
    void aProgramThatCrashesOverAndOverEndsTheJob() {
        try (var stage = Stage.open(api, "crash")) {
            stage.node("a", 1);
            var job = Jobs.mnist(stage.namespace, "a", 1);
            job.getSpec().setFailurePolicy(new FailurePolicy().setMaxCrashes(2));
            stage.submit(job);
            for (int attempt = 1; attempt <= 2; attempt++) {
                var pod = stage.awaitPods("a", attempt, 1).getFirst();
                stage.runs(pod);
                stage.await("a", Conditions.READY);
                stage.ends(pod, new Outcome(Outcome.Reason.WorkerError, "index 7 out of bounds", null));
            }
            stage.await("a", Conditions.FAILED);
            assertEquals(
                    Reasons.PROGRAM_CRASHED,
                    stage.condition("a", Conditions.STALLED).getReason());
            assertTrue(stage.condition("a", Conditions.STALLED).getMessage().endsWith("index 7 out of bounds"));
        }
    }

    @Test
    void dataAreCheckedOnceBeforeTheJobQueues() {
        try (var stage = Stage.open(api, "check")) {
            stage.node("a", 1);
            var job = Jobs.mnist(stage.namespace, "a", 1);
            job.getSpec().getData().setCheckFirst(true);
            stage.submit(job);
            stage.awaitReason("a", Conditions.RECONCILING, Reasons.CHECKING_DATA);
            var check = stage.awaitPod("a-tj-1-check-0-0");
            assertEquals(
                    List.of("check"), check.getSpec().getContainers().getFirst().getArgs());
            stage.ends(check, new Outcome(Outcome.Reason.Succeeded, "60000 samples", null));
            stage.awaitPods("a", 2, 1);
            assertEquals(
                    Reasons.DATA_CHECKED,
                    stage.condition("a", Conditions.DATA_CHECKED).getReason());
        }
    }

    @Test
    void aJobsPodsAreIsolatedByAPolicyOfItsOwn() {
        try (var stage = Stage.open(api, "isolated")) {
            stage.node("a", 1);
            var job = stage.submit(Jobs.mnist(stage.namespace, "a", 1));
            var pod = stage.awaitPods("a", 1, 1).getFirst();
            NetworkPolicy policy = stage.client
                    .network()
                    .v1()
                    .networkPolicies()
                    .inNamespace(stage.namespace)
                    .withName("a-tj-workers")
                    .get();
            assertNotNull(policy);
            assertEquals(List.of("Ingress", "Egress"), policy.getSpec().getPolicyTypes());
            assertTrue(pod.getMetadata()
                    .getLabels()
                    .entrySet()
                    .containsAll(
                            policy.getSpec().getPodSelector().getMatchLabels().entrySet()));
            assertEquals(
                    job.getMetadata().getUid(),
                    policy.getMetadata().getOwnerReferences().getFirst().getUid());
        }
    }

    @Test
    void theHigherPriorityClassGetsTheFreePlaceThoughItsJobIsYounger() {
        var className = "high-" + System.nanoTime();
        try (var stage = Stage.open(api, "priority")) {
            stage.node("a", 1);
            stage.submit(Jobs.mnist(stage.namespace, "first", 1));
            var pod = stage.awaitPods("first", 1, 1).getFirst();
            stage.submit(Jobs.mnist(stage.namespace, "older", 1));
            stage.awaitReason("older", Conditions.RECONCILING, Reasons.WAITING_FOR_CAPACITY);
            var younger = Jobs.mnist(stage.namespace, "younger", 1);
            younger.getSpec().setScheduling(new Scheduling().setPriorityClassName(className));
            stage.submit(younger);
            awaitMessage(stage, "younger", "PriorityClass " + className + " does not exist");
            stage.client
                    .resource(new PriorityClassBuilder()
                            .withNewMetadata()
                            .withName(className)
                            .endMetadata()
                            .withValue(1000)
                            .build())
                    .create();
            stage.awaitReason("younger", Conditions.RECONCILING, Reasons.WAITING_FOR_CAPACITY);
            stage.runs(pod);
            stage.ends(pod, SUCCESS);
            stage.awaitPods("younger", 1, 1);
            assertEquals(List.of(), stage.pods("older", 1));
        } finally {
            api.client().scheduling().v1().priorityClasses().withName(className).delete();
        }
    }

    private static void awaitMessage(Stage stage, String name, String part) {
        stage.await(name, "told: " + part, job -> message(job).contains(part));
    }

    private static String message(TrainingJob job) {
        return job.getStatus().getConditions().stream()
                .filter(condition -> condition.getType().equals(Conditions.RECONCILING))
                .map(condition -> condition.getMessage())
                .findFirst()
                .orElse("");
    }

    private static Pod pod(Stage stage, Pod pod) {
        return stage.client.resource(pod).get();
    }

    /** Name of the job's own copy of its model's configuration. */
    private static String modelCopy(TrainingJob job) {
        return new TrainingKind().describe(job).owner().names().model();
    }

    private static ConfigMap configMap(Stage stage, String name) {
        return stage.client
                .configMaps()
                .inNamespace(stage.namespace)
                .withName(name)
                .get();
    }
}
