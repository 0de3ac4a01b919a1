package dev.capstan.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.crds.Conditions;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Data from a bucket, with credentials that stay in their secret. */
@OnCluster
@Turn.Of(Turn.PROCESSORS)
class S3Test {
    private static final Duration SOON = Duration.ofMinutes(3);
    private static final String KEY = "a-secret-that-nobody-else-says";

    @Test
    void aJobReadsABucketAndTellsNobodyTheKey(Tenant tenant, @TempDir Path folder) throws Exception {
        Blobs.write(folder, 4000, 1000);
        tenant.put("buckets/datasets/blobs", folder.resolve("train"), folder.resolve("test"));
        secret(tenant, "reader", KEY);
        secret(tenant, "stranger", "another");
        var endpoint = ObjectStore.start(tenant, "buckets", "reader");
        tenant.apply(job("fetches", endpoint, "reader"));
        tenant.apply(job("refused", endpoint, "stranger"));
        tenant.awaitCondition("fetches", Conditions.COMPLETE, "True", SOON);
        assertTrue(TrainingTest.accuracy(tenant.job("fetches")) > 0.9);
        var failed = tenant.awaitCondition("refused", Conditions.FAILED, "True", SOON);
        assertEquals("InvalidData", failed.getReason());
        assertTrue(
                failed.getMessage().contains("data.train")
                        && failed.getMessage().contains("s3.secretRef"),
                failed.getMessage());
        var told = tenant.kubectl("get", "trainingjobs,pods,configmaps,events,services", "-o", "yaml")
                + tenant.kubectl("logs", "-l", "capstan.dev/job", "--tail=-1", "--ignore-errors");
        assertTrue(told.contains("fetches"), told);
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

    private static Path job(String name, String endpoint, String secret) {
        var s3 = "{endpoint: \"%s\", secretRef: {name: %s}}".formatted(endpoint, secret);
        return JobManifest.of(name)
                .replicas(1)
                .withoutGpus()
                .train("s3://datasets/blobs/train")
                .with("data.train.s3", s3)
                .with("data.test.uri", "s3://datasets/blobs/test")
                .with("data.test.s3", s3)
                .file();
    }
}
