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
@Turn.Of(Turn.PROCESSORS)
class CompressionTest {
    private static final Duration SOON = Duration.ofMinutes(5);

    @Test
    @Turn.Of(Turn.SAMPLES)
    void aTrainingAndItsCompressionAppliedTogetherSettleByThemselves(Tenant tenant, @TempDir Path folder)
            throws Exception {
        tenant.putBlobs();
        // The compression first: it waits for a model that nobody has begun to train.
        var both = folder.resolve("both.yaml");
        Files.writeString(
                both,
                compression("smaller", "base", 2, "maxDrop: \"0.1\", minCompressionRatio: \"1.3\"")
                        + "---\n"
                        + JobManifest.of("base").withoutGpus().yaml());
        tenant.apply(both);
        awaitComplete(tenant, "smaller");
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

    @Test
    @Turn.Of(Turn.SAMPLES)
    void aBoundThatIsntMetIsToldWithItsNumbersAndNothingIsPublished(Tenant tenant, @TempDir Path folder) {
        tenant.putBlobs();
        tenant.apply(JobManifest.of("base").withoutGpus().file());
        tenant.create(compression("hopeless", "base", 1, "minCompressionRatio: \"50\""));
        tenant.awaitCondition(CompressionJob.class, "hopeless", Conditions.ACCEPTED, "False", SOON);
        var message = accepted(tenant, "hopeless").getMessage();
        assertTrue(message.contains("50") && message.matches("(?s).*\\d\\.\\d+.*"), message);
        assertNull(status(tenant, "hopeless").getArtifact());
        tenant.get("models/base/model.onnx", folder.resolve("base.onnx"));
        assertThrows(
                IllegalStateException.class,
                () -> tenant.get("models/hopeless/model.onnx", folder.resolve("hopeless.onnx")),
                "there is none");
    }

    @Test
    void aWorkerThatIsKilledWhileItFineTunesCostsNothingButTime(Cluster cluster, Tenant tenant) {
        tenant.putBlobs();
        tenant.apply(JobManifest.of("base").withoutGpus().file());
        tenant.create(compression("calm", "base", JobManifest.MEDIUM, "maxDrop: \"0.5\""));
        awaitComplete(tenant, "calm");
        tenant.create(compression("struck", "base", JobManifest.MEDIUM, "maxDrop: \"0.5\""));
        Awaitility.await("struck fine-tunes")
                .atMost(SOON)
                .pollInterval(Duration.ofMillis(500))
                .until(() -> Tenant.trains(status(tenant, "struck")));
        cluster.killProcess(runningWorker(tenant, "struck"));
        awaitComplete(tenant, "struck");
        assertEquals(2, status(tenant, "struck").getAttempt());
        assertEquals(
                status(tenant, "calm").getArtifact().getDigest(),
                status(tenant, "struck").getArtifact().getDigest());
    }

    /** Half of the neurons, fine-tuned for so many epochs. */
    private static String compression(String name, String base, int epochs, String acceptance) {
        return """
                apiVersion: capstan.dev/v1alpha1
                kind: CompressionJob
                metadata: {name: %s}
                spec:
                  model: {from: {trainingJobRef: {name: %s}}}
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
                """.formatted(name, base, epochs, acceptance, name);
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
