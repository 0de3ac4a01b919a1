package dev.capstan.controllers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.controllers.testing.Jobs;
import dev.capstan.controllers.testing.PlayedWorker;
import dev.capstan.controllers.testing.Stage;
import dev.capstan.crds.Conditions;
import dev.capstan.crds.Reasons;
import dev.capstan.crds.testing.ApiServer;
import dev.capstan.crds.training.TrainingJob;
import dev.capstan.protocol.Contract;
import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Json;
import dev.capstan.protocol.Outcome;
import dev.capstan.protocol.Progress;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.ManagedFieldsEntry;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Jobs on a real API server; the tests play the kubelets. */
class TrainingJobLifeTest {
    private static final Outcome SUCCESS = new Outcome(
            Outcome.Reason.Succeeded,
            "done",
            new Outcome.Artifact("pvc://models/a", "sha256:" + "0".repeat(64), 407056, Map.of("accuracy", 0.9761)));

    private static ApiServer api;

    @BeforeAll
    static void start() {
        api = ApiServer.shared();
    }

    @Test
    void aJobIsGrantedPlacesStartsTrainsAndCompletes() {
        try (var stage = Stage.open(api, "life")) {
            stage.node("a", 2);
            stage.submit(Jobs.mnist(stage.namespace, "a", 2));

            var pods = stage.awaitPods("a", 1, 2);
            assertEquals("a-tj-1-worker-0-0", pods.getFirst().getMetadata().getName());
            assertEquals(
                    Reasons.PLACES_GRANTED,
                    stage.condition("a", Conditions.ADMITTED).getReason());
            pods.forEach(stage::runs);
            var running = stage.await("a", Conditions.READY);
            assertEquals("2/2", running.getStatus().getWorkers().getSummary());
            assertNotNull(running.getStatus().getStartTime());

            stage.ends(pods.get(0), SUCCESS);
            stage.ends(pods.get(1), new Outcome(Outcome.Reason.Succeeded, "done", null));
            var done = stage.await("a", Conditions.COMPLETE);
            assertEquals("0.9761", done.getStatus().getArtifact().getMetrics().get("accuracy"));
            stage.awaitEvents("a", "Queued", "Admitted", "Started", "Completed");
        }
    }

    @Test
    void whatTheWorkersFindIsWhatTheirProtocolSays() {
        try (var stage = Stage.open(api, "children")) {
            stage.node("a", 2);
            var job = stage.submit(Jobs.mnist(stage.namespace, "a", 2));
            var pods = stage.awaitPods("a", 1, 2);

            var configMap = stage.client
                    .configMaps()
                    .inNamespace(stage.namespace)
                    .withName("a-tj-1")
                    .get();
            var file = Json.read(configMap.getData().get("job.json"), JobFile.class);
            assertEquals(
                    List.of("a-tj-1-worker-0-0.a-tj-workers:29400", "a-tj-1-worker-1-0.a-tj-workers:29400"),
                    file.peers());
            assertEquals(new JobFile.Job(stage.namespace, "a", job.getMetadata().getUid(), 1), file.job());
            assertEquals(
                    "/var/capstan/volumes/datasets/mnist/train",
                    file.train().data().train().place().path());
            assertEquals("/var/capstan/volumes/models/a", file.output().path());
            assertTrue(configMap.getImmutable());

            var service = stage.client
                    .services()
                    .inNamespace(stage.namespace)
                    .withName("a-tj-workers")
                    .get();
            assertEquals("None", service.getSpec().getClusterIP());
            assertTrue(service.getSpec().getPublishNotReadyAddresses());
            var secret = stage.client
                    .secrets()
                    .inNamespace(stage.namespace)
                    .withName("a-tj-peers")
                    .get();
            assertEquals(88, secret.getData().get("token").length(), "32 random bytes in hex, in base 64");

            var spec = pods.getFirst().getSpec();
            assertEquals("a-tj-1-worker-0-0", spec.getHostname());
            assertEquals("a-tj-workers", spec.getSubdomain());
            assertEquals(List.of("train"), spec.getContainers().getFirst().getArgs());
            assertTrue(spec.getContainers().getFirst().getEnv().stream()
                    .anyMatch(variable -> variable.getName().equals(Contract.RANK)
                            && variable.getValue().equals("0")));
            for (var child : List.of(pods.getFirst(), configMap, service, secret)) {
                var owner = child.getMetadata().getOwnerReferences().getFirst();
                assertEquals(job.getMetadata().getUid(), owner.getUid());
                assertTrue(owner.getController() && owner.getBlockOwnerDeletion());
            }
        }
    }

    @Test
    void aJobWhoseGpusAreNotUsedSaysSo() throws Exception {
        try (var stage = Stage.open(api, "unused-gpus");
                var zero = new PlayedWorker(0, "127.18.30.1", Contract.HTTP_PORT)) {
            zero.device = Progress.CPU;
            stage.node("a", 1);
            stage.submit(Jobs.mnist(stage.namespace, "a", 1));
            stage.runs(stage.awaitPods("a", 1, 1).getFirst(), zero.ip());
            var job = stage.await(
                    "a",
                    "told what it computes on",
                    now -> now.getStatus().getProgress() != null
                            && now.getStatus().getProgress().getDevice() != null);
            assertEquals("cpu", job.getStatus().getProgress().getDevice());
            assertEquals(
                    Reasons.GPU_NOT_USED,
                    stage.condition("a", Conditions.GPU_USED).getReason());
            stage.awaitEvents("a", "Queued", "Admitted", "Started", "GPUNotUsed");
        }
    }

    @Test
    void theTwoWritersOfTheStatusOwnDisjointFields() {
        try (var stage = Stage.open(api, "managers")) {
            stage.node("a", 1);
            stage.submit(Jobs.mnist(stage.namespace, "a", 1));
            stage.runs(stage.awaitPods("a", 1, 1).getFirst());
            var job = stage.await("a", Conditions.READY);
            assertEquals(List.of("f:admission"), owned(job, "capstan-admission"));
            var ours = owned(job, "capstan-status");
            assertTrue(ours.contains("f:conditions") && !ours.contains("f:admission"), ours.toString());
            // A condition is an entry of a map by type, so that another writer may add one of its own.
            assertTrue(
                    Json.write(entry(job, "capstan-status").getFieldsV1()).contains("k:{\\\"type\\\":\\\"Ready\\\"}"));
        }
    }

    @Test
    void nothingIsWrittenWhileNothingChanges() throws InterruptedException {
        try (var stage = Stage.open(api, "quiet")) {
            stage.node("a", 1);
            stage.submit(Jobs.mnist(stage.namespace, "a", 1));
            stage.runs(stage.awaitPods("a", 1, 1).getFirst());
            stage.await("a", Conditions.READY);
            stage.submit(Jobs.mnist(stage.namespace, "b", 1));
            stage.awaitReason("b", Conditions.RECONCILING, Reasons.WAITING_FOR_CAPACITY);
            // As long as nobody has looked for room, something else is written with the same reason.
            stage.await(
                    "b",
                    "told why it waits",
                    job -> stage.condition("b", Conditions.RECONCILING)
                            .getMessage()
                            .startsWith("needs 1 pod"));
            Thread.sleep(1500);
            var versions = List.of(version(stage, "a"), version(stage, "b"));
            Thread.sleep(3000);
            assertEquals(versions, List.of(version(stage, "a"), version(stage, "b")));
        }
    }

    @Test
    void aLostPodBringsANewAttemptWhenTheOldPodsAreGone() {
        try (var stage = Stage.open(api, "lost")) {
            stage.node("a", 2);
            stage.submit(Jobs.mnist(stage.namespace, "a", 2));
            var pods = stage.awaitPods("a", 1, 2);
            pods.forEach(stage::runs);
            stage.await("a", Conditions.READY);
            var token = token(stage);

            stage.gone(pods.get(1));
            var job = stage.await(
                    "a", "in its second attempt", now -> now.getStatus().getAttempt() == 2);
            assertEquals(1, job.getStatus().getRestarts());
            stage.awaitTerminating(pods.get(0));
            assertEquals(List.of(), stage.pods("a", 2), "the old pod still holds its place");
            stage.gone(pods.get(0));
            stage.awaitPods("a", 2, 2).forEach(stage::runs);
            stage.await("a", Conditions.READY);
            assertEquals(token, token(stage), "the peers' token stays");
            assertEquals(List.of("a-tj-2"), configMaps(stage), "and the last attempt's job file goes");
        }
    }

    @Test
    void aConfigMapOfSomebodyElseThatHasTheNameOfAJobFileStays() {
        try (var stage = Stage.open(api, "stays")) {
            stage.node("a", 1);
            stage.submit(Jobs.mnist(stage.namespace, "a", 1));
            var pod = stage.awaitPods("a", 1, 1).getFirst();
            stage.runs(pod);
            stage.await("a", Conditions.READY);
            stage.client
                    .configMaps()
                    .inNamespace(stage.namespace)
                    .withName("a-tj-1")
                    .delete();
            var theirs = new ConfigMapBuilder()
                    .withNewMetadata()
                    .withNamespace(stage.namespace)
                    .withName("a-tj-1")
                    .endMetadata()
                    .build();
            stage.client.resource(theirs).create();
            stage.gone(pod);
            stage.awaitPods("a", 2, 1);
            assertEquals(List.of("a-tj-1", "a-tj-2"), configMaps(stage));
        }
    }

    private static List<String> configMaps(Stage stage) {
        return stage.client.configMaps().inNamespace(stage.namespace).list().getItems().stream()
                .map(map -> map.getMetadata().getName())
                .filter(name -> !name.equals("kube-root-ca.crt"))
                .sorted()
                .toList();
    }

    @Test
    void badDataFailsTheJobForGoodAndItsPodsStay() throws InterruptedException {
        try (var stage = Stage.open(api, "bad")) {
            stage.node("a", 2);
            stage.submit(Jobs.mnist(stage.namespace, "a", 2));
            var pods = stage.awaitPods("a", 1, 2);
            pods.forEach(stage::runs);
            // The others are heard for some seconds from then on: long enough for the second one's end to be written.
            var later = Instant.now().plusSeconds(10);
            stage.ends(pods.get(0), new Outcome(Outcome.Reason.PeerLost, "lost worker 1", null), later);
            stage.ends(pods.get(1), new Outcome(Outcome.Reason.InvalidData, "train/x.gz is truncated", null));
            stage.await("a", Conditions.FAILED);
            assertEquals("InvalidData", stage.condition("a", Conditions.STALLED).getReason());

            pods.forEach(stage::gone);
            var version = version(stage, "a");
            Thread.sleep(2000);
            assertEquals(version, version(stage, "a"), "finished means finished");
            assertEquals(List.of(), stage.pods("a", 1));
            assertEquals(List.of(), stage.pods("a", 2));
        }
    }

    @Test
    void aSpecChangeThatIsAllowedTakesEffect() {
        try (var stage = Stage.open(api, "spec")) {
            stage.node("a", 1);
            stage.submit(Jobs.mnist(stage.namespace, "a", 1));
            var pod = stage.awaitPods("a", 1, 1).getFirst();
            stage.runs(pod);
            stage.await("a", Conditions.READY);
            stage.patch("a", "\"failurePolicy\": {\"maxRestarts\": 0}");
            stage.await("a", "observed", job -> job.getStatus().getObservedGeneration() == 2);
            stage.gone(pod);
            stage.await("a", Conditions.FAILED);
            assertEquals(
                    Reasons.RESTARTS_EXHAUSTED,
                    stage.condition("a", Conditions.FAILED).getReason());
        }
    }

    @Test
    void aNewOperatorGoesOnWhereTheLastOneStopped() {
        try (var stage = Stage.open(api, "restart")) {
            stage.node("a", 2);
            stage.submit(Jobs.mnist(stage.namespace, "a", 2));
            var pods = stage.awaitPods("a", 1, 2);
            stage.runs(pods.get(0));

            stage.stopControllers();
            stage.runs(pods.get(1));
            stage.startControllers();
            var job = stage.await("a", Conditions.READY);
            assertEquals(1, job.getStatus().getAttempt());

            stage.stopControllers();
            stage.ends(pods.get(0), SUCCESS);
            pods.forEach(stage::gone);
            stage.startControllers();
            stage.await("a", "in its next attempt", now -> now.getStatus().getAttempt() == 2);
            assertNotEquals(
                    pods.getFirst().getMetadata().getUid(),
                    stage.awaitPods("a", 2, 2).getFirst().getMetadata().getUid());
        }
    }

    private static String version(Stage stage, String job) {
        return stage.job(job).getMetadata().getResourceVersion();
    }

    private static String token(Stage stage) {
        return stage.client
                .secrets()
                .inNamespace(stage.namespace)
                .withName("a-tj-peers")
                .get()
                .getData()
                .get("token");
    }

    private static List<String> owned(TrainingJob job, String manager) {
        var fields = entry(job, manager).getFieldsV1().getAdditionalProperties();
        assertEquals(1, fields.size(), "owns status alone");
        return ((Map<?, ?>) fields.get("f:status"))
                .keySet().stream().map(Object::toString).sorted().toList();
    }

    private static ManagedFieldsEntry entry(TrainingJob job, String manager) {
        return job.getMetadata().getManagedFields().stream()
                .filter(entry -> manager.equals(entry.getManager()))
                .findFirst()
                .orElseThrow();
    }
}
