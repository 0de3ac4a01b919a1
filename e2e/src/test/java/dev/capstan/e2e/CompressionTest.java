package dev.capstan.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.crds.Conditions;
import dev.capstan.crds.compression.CompressionJob;
import dev.capstan.crds.compression.CompressionJobStatus;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.Pod;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A model is made smaller by a job of its own, which waits for the model, and lets nothing through beyond its bounds.
 */
@OnCluster
@Turn.Of(Turn.MORE_PROCESSORS)
class CompressionTest {
    private static final Duration SOON = Duration.ofMinutes(5);

    /** One model, and all that is made of it: it is trained once. */
    @Test
    void compressionsAppliedWithTheirTrainingSettleByThemselvesMeetTheirBoundsOrNotAndSurviveAKill(
            Cluster cluster, Tenant tenant, @TempDir Path folder) throws Exception {
        tenant.putBlobs();
        // The compressions first: they wait for a model that nobody has begun to train.
        var all = folder.resolve("all.yaml");
        Files.writeString(
                all,
                String.join(
                        "---\n",
                        compression("smaller", 2, "maxDrop: \"0.1\", minCompressionRatio: \"1.3\""),
                        compression("hopeless", 1, "minCompressionRatio: \"50\""),
                        compression("calm", JobManifest.HELD, "maxDrop: \"0.5\""),
                        compression("struck", JobManifest.HELD, "maxDrop: \"0.5\""),
                        JobManifest.of("base").replicas(1).withoutGpus().yaml()));
        tenant.apply(all);
        try (var brake = Brake.onceAloneItTrains(tenant, "struck")) {
            Awaitility.await("struck fine-tunes")
                    .atMost(SOON)
                    .pollInterval(Duration.ofMillis(500))
                    .until(() -> Tenant.trains(status(tenant, "struck")));
            cluster.killProcess(runningWorker(tenant, "struck"));
        }
        awaitComplete(tenant, "smaller");
        isPublishedWithWhatItWasMadeOf(tenant, folder);
        tenant.awaitCondition(CompressionJob.class, "hopeless", Conditions.ACCEPTED, "False", SOON);
        isToldWithItsNumbersAndNotPublished(tenant, folder);
        awaitComplete(tenant, "calm");
        awaitComplete(tenant, "struck");
        assertEquals(2, status(tenant, "struck").getAttempt());
        assertEquals(
                status(tenant, "calm").getArtifact().getDigest(),
                status(tenant, "struck").getArtifact().getDigest());
    }

    private static void isPublishedWithWhatItWasMadeOf(Tenant tenant, Path folder) throws Exception {
        assertEquals("True", accepted(tenant, "smaller").getStatus());
        var onnx = folder.resolve("model.onnx");
        tenant.get("models/smaller/model.onnx", onnx);
        var compression = status(tenant, "smaller").getCompression();
        assertEquals(Files.size(onnx), compression.getCompressed().getSizeBytes());
        assertEquals("prune", compression.getSteps().getFirst().getName());
        var manifest = folder.resolve("manifest.json");
        tenant.get("models/smaller/manifest.json", manifest);
        assertTrue(
                Files.readString(manifest)
                        .contains(tenant.job("base").getStatus().getArtifact().getDigest()),
                "it names the model that it was made of");
    }

    private static void isToldWithItsNumbersAndNotPublished(Tenant tenant, Path folder) {
        var message = accepted(tenant, "hopeless").getMessage();
        assertTrue(message.contains("50") && message.matches("(?s).*\\d\\.\\d+.*"), message);
        assertNull(status(tenant, "hopeless").getArtifact());
        tenant.get("models/base/model.onnx", folder.resolve("base.onnx"));
        assertThrows(
                IllegalStateException.class,
                () -> tenant.get("models/hopeless/model.onnx", folder.resolve("hopeless.onnx")),
                "there is none");
    }

    /** Half of the neurons, fine-tuned for so many epochs. */
    private static String compression(String name, int epochs, String acceptance) {
        return """
                apiVersion: capstan.dev/v1alpha1
                kind: CompressionJob
                metadata: {name: %s}
                spec:
                  model: {from: {trainingJobRef: {name: base}}}
                  data:
                    train: {uri: "pvc://data/blobs/train", format: csv}
                    test: {uri: "pvc://data/blobs/test", format: csv}
                  steps:
                  - prune:
                      granularity: Unit
                      sparsityPercent: 50
                      fineTune: {epochs: %d, batchSize: 32, optimizer: {adam: {learningRate: 0.002}}, seed: 7}
                  acceptance: {%s}
                  workers:
                    resources:
                      limits: {cpu: 500m, memory: 1Gi}
                      requests: {cpu: 100m, memory: 512Mi}
                  output: {storage: {uri: "pvc://data/models/%s"}}
                """.formatted(name, epochs, acceptance, name);
    }

    private static void awaitComplete(Tenant tenant, String job) {
        tenant.awaitCondition(CompressionJob.class, job, Conditions.COMPLETE, "True", SOON);
    }

    private static CompressionJobStatus status(Tenant tenant, String job) {
        return tenant.job(CompressionJob.class, job).getStatus();
    }

    private static Condition accepted(Tenant tenant, String job) {
        return tenant.condition(CompressionJob.class, job, Conditions.ACCEPTED).orElseThrow();
    }

    private static Pod runningWorker(Tenant tenant, String job) {
        return Awaitility.await("the worker of " + job + " runs")
                .atMost(SOON)
                .until(
                        () -> tenant.pods(job).stream()
                                .filter(pod -> "Running".equals(pod.getStatus().getPhase()))
                                .findFirst(),
                        Optional::isPresent)
                .orElseThrow();
    }
}
