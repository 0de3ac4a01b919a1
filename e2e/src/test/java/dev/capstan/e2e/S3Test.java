package dev.capstan.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.crds.Conditions;
import dev.capstan.crds.compression.CompressionJob;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From buckets to buckets, with credentials that stay in their secret. */
@OnCluster
@Turn.Of(Turn.PROCESSORS)
class S3Test {
    private static final Duration SOON = Duration.ofMinutes(5);
    private static final String KEY = "a-secret-that-nobody-else-says";

    /** Data, checkpoints and models: nothing of the jobs' is on a volume. */
    @Test
    void jobsReadAndWriteBucketsAndTellNobodyTheKey(Cluster cluster, Tenant tenant, @TempDir Path folder)
            throws Exception {
        Blobs.write(folder, 4000, 1000);
        tenant.put("buckets/datasets/blobs", folder.resolve("train"), folder.resolve("test"));
        secret(tenant, "ours", KEY);
        secret(tenant, "stranger", "another");
        var endpoint = ObjectStore.start(tenant, "buckets", "models", "ours");
        var ours = s3(endpoint, "ours");
        // Applied together: the compression waits for the training's model.
        tenant.create(compression(ours));
        tenant.apply(job("trained", ours)
                .lasting(JobManifest.HELD)
                .output("s3://models/trained")
                .with("output.storage.s3", ours)
                .with("checkpoint", "{everySteps: 50}")
                .file());
        tenant.apply(job("refused", s3(endpoint, "stranger")).file());

        try (var brake = Brake.onceAloneItTrains(tenant, "trained")) {
            var kept = tenant.await(
                    "trained", "has a checkpoint", SOON, now -> now.getStatus().getLastCheckpoint() != null);
            var uri = kept.getStatus().getLastCheckpoint().getUri();
            assertTrue(uri.startsWith("s3://models/trained/checkpoints/"), uri);
            LostWorkersTest.killAll(cluster, tenant, "trained");
        }
        tenant.awaitCondition("trained", Conditions.COMPLETE, "True", SOON);
        var trained = tenant.job("trained");
        assertEquals(2, trained.getStatus().getAttempt());
        assertTrue(TrainingTest.accuracy(trained) > 0.9);
        assertEquals("s3://models/trained", trained.getStatus().getArtifact().getUri());
        var log = tenant.kubectl("logs", "trained-tj-2-worker-0-0");
        assertTrue(log.contains("goes on from s3://models/trained/checkpoints/"), log);

        tenant.awaitCondition(CompressionJob.class, "smaller", Conditions.COMPLETE, "True", SOON);
        assertEquals(
                "True",
                tenant.condition(CompressionJob.class, "smaller", Conditions.ACCEPTED)
                        .orElseThrow()
                        .getStatus());
        var smaller = tenant.job(CompressionJob.class, "smaller").getStatus().getArtifact();
        assertEquals("s3://models/smaller", smaller.getUri());
        var manifest = ObjectStore.read(tenant, "models", "smaller/manifest.json");
        assertTrue(manifest.contains(smaller.getDigest()), manifest);
        assertTrue(manifest.contains(trained.getStatus().getArtifact().getDigest()), "what it was made of");

        var failed = tenant.awaitCondition("refused", Conditions.FAILED, "True", SOON);
        assertEquals("InvalidData", failed.getReason());
        assertTrue(
                failed.getMessage().contains("data.train")
                        && failed.getMessage().contains("s3.secretRef"),
                failed.getMessage());
        var told = tenant.kubectl("get", "trainingjobs,compressionjobs,pods,configmaps,events,services", "-o", "yaml")
                + tenant.kubectl("logs", "-l", "capstan.dev/job", "--tail=-1", "--ignore-errors");
        assertTrue(told.contains("trained"), told);
        assertFalse(told.contains(KEY));
    }

    private static void secret(Tenant tenant, String name, String key) {
        tenant.kubectl(
                "create",
                "secret",
                "generic",
                name,
                "--from-literal=accessKeyId=capstan-test",
                "--from-literal=secretAccessKey=" + key);
    }

    private static String s3(String endpoint, String secret) {
        return "{endpoint: \"%s\", secretRef: {name: %s}}".formatted(endpoint, secret);
    }

    private static JobManifest job(String name, String s3) {
        return JobManifest.of(name)
                .replicas(1)
                .withoutGpus()
                .train("s3://datasets/blobs/train")
                .with("data.train.s3", s3)
                .with("data.test.uri", "s3://datasets/blobs/test")
                .with("data.test.s3", s3);
    }

    private static String compression(String s3) {
        return """
                apiVersion: capstan.dev/v1alpha1
                kind: CompressionJob
                metadata: {name: smaller}
                spec:
                  model: {from: {trainingJobRef: {name: trained}}}
                  data:
                    train: {uri: s3://datasets/blobs/train, format: csv, s3: %1$s}
                    test: {uri: s3://datasets/blobs/test, format: csv, s3: %1$s}
                  steps:
                  - quantize: {}
                  acceptance: {maxDrop: "0.1"}
                  workers:
                    resources:
                      limits: {cpu: 1, memory: 1Gi}
                      requests: {cpu: 100m, memory: 512Mi}
                  output: {storage: {uri: s3://models/smaller, s3: %1$s}}
                """.formatted(s3);
    }
}
