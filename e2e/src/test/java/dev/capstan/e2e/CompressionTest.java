package dev.capstan.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.crds.Conditions;
import io.fabric8.kubernetes.api.model.Pod;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
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
        await(tenant, "smaller", Conditions.COMPLETE, "True");
        assertEquals("True", condition(tenant, "smaller", Conditions.ACCEPTED, "status"));

        var onnx = folder.resolve("model.onnx");
        tenant.get("models/smaller/model.onnx", onnx);
        assertEquals(String.valueOf(Files.size(onnx)), status(tenant, "smaller", "compression.compressed.sizeBytes"));
        var manifest = folder.resolve("manifest.json");
        tenant.get("models/smaller/manifest.json", manifest);
        assertTrue(
                Files.readString(manifest)
                        .contains(tenant.job("base").getStatus().getArtifact().getDigest()),
                "it names the model that it was made of");
        assertEquals("prune", status(tenant, "smaller", "compression.steps[0].name"));
    }

    @Test
    void aBoundThatIsntMetIsToldWithItsNumbersAndNothingIsPublished(Tenant tenant, @TempDir Path folder) {
        tenant.putBlobs();
        tenant.apply(JobManifest.of("base").withoutGpus().file());
        tenant.create(compression("hopeless", "base", 1, "minCompressionRatio: \"50\""));
        await(tenant, "hopeless", Conditions.ACCEPTED, "False");
        var message = condition(tenant, "hopeless", Conditions.ACCEPTED, "message");
        assertTrue(message.contains("50") && message.matches("(?s).*\\d\\.\\d+.*"), message);
        assertEquals("", status(tenant, "hopeless", "artifact.digest"));
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
        await(tenant, "calm", Conditions.COMPLETE, "True");
        tenant.create(compression("struck", "base", JobManifest.MEDIUM, "maxDrop: \"0.5\""));
        Awaitility.await("struck fine-tunes")
                .atMost(SOON)
                .pollInterval(Duration.ofMillis(500))
                .until(() -> !List.of("", "0").contains(status(tenant, "struck", "progress.step")));
        cluster.killProcess(runningWorker(tenant, "struck"));
        await(tenant, "struck", Conditions.COMPLETE, "True");
        assertEquals("2", status(tenant, "struck", "attempt"));
        assertEquals(status(tenant, "calm", "artifact.digest"), status(tenant, "struck", "artifact.digest"));
    }

    @Test
    @Turn.Of(Turn.GPUS)
    void theSamplesAreAcceptedAsTheyStand(Cluster cluster, Tenant tenant, @TempDir Path folder) {
        var samples = Shell.CHECKOUT.resolve("samples");
        tenant.apply(samples.resolve("storage.yaml"));
        Shell.run("e2e/demo/data", "mnist", folder.toString());
        cluster.put(tenant.namespace(), "datasets", "mnist", folder.resolve("train"), folder.resolve("test"));
        tenant.apply(samples.resolve("mnist.yaml"));
        for (var sample : List.of("compress-prune", "compress-quantize", "compress-both")) {
            tenant.apply(samples.resolve(sample + ".yaml"));
        }
        for (var job : List.of("mnist-pruned", "mnist-int8", "mnist-small")) {
            await(tenant, job, Conditions.COMPLETE, "True", Duration.ofMinutes(15));
            assertEquals("True", condition(tenant, job, Conditions.ACCEPTED, "status"), job);
        }
        var story = tenant.kubectl("describe", "compressionjob", "mnist-small");
        assertTrue(story.contains("Ratio") && story.contains("Sensitivity"), story);
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
                      limits: {cpu: 1, memory: 1Gi}
                      requests: {cpu: 100m, memory: 512Mi}
                  output: {storage: {uri: "pvc://data/models/%s"}}
                """.formatted(name, base, epochs, acceptance, name);
    }

    private static void await(Tenant tenant, String job, String type, String wanted) {
        await(tenant, job, type, wanted, SOON);
    }

    private static void await(Tenant tenant, String job, String type, String wanted, Duration atMost) {
        Awaitility.await(job + " is " + type + "=" + wanted)
                .atMost(atMost)
                .pollInterval(Duration.ofSeconds(1))
                .failFast(
                        job + " has failed",
                        () -> !type.equals(Conditions.ACCEPTED)
                                && condition(tenant, job, Conditions.FAILED, "status")
                                        .equals("True"))
                .until(() -> condition(tenant, job, type, "status"), wanted::equals);
    }

    /** A field of a condition; empty if there is none. */
    private static String condition(Tenant tenant, String job, String type, String field) {
        return status(tenant, job, "conditions[?(@.type==\"" + type + "\")]." + field);
    }

    /** What the status says there; empty if it doesn't. */
    private static String status(Tenant tenant, String job, String path) {
        return tenant.kubectl("get", "compressionjob", job, "-o", "jsonpath={.status." + path + "}")
                .strip();
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
