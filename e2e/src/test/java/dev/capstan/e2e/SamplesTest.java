package dev.capstan.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.crds.Conditions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What users copy works as it stands. */
@OnCluster
class SamplesTest {
    private static final Path SAMPLES = Shell.CHECKOUT.resolve("samples");

    @BeforeEach
    void applyStorage(Tenant tenant) {
        tenant.apply(SAMPLES.resolve("storage.yaml"));
    }

    @Test
    void mnistReachesItsAccuracyOnTwoNodes(Cluster cluster, Tenant tenant, @TempDir Path folder) {
        Shell.run("e2e/demo/data", "mnist", folder.toString());
        cluster.put(tenant.namespace(), "datasets", "mnist", folder.resolve("train"), folder.resolve("test"));
        tenant.apply(SAMPLES.resolve("mnist.yaml"));
        tenant.awaitCondition("mnist", Conditions.COMPLETE, "True", Duration.ofMinutes(10));

        var job = tenant.job("mnist");
        assertTrue(
                TrainingTest.accuracy(job) >= 0.968,
                () -> "accuracy " + job.getStatus().getArtifact().getMetrics());
        var nodes = tenant.pods("mnist").stream()
                .map(pod -> pod.getSpec().getNodeName())
                .collect(Collectors.toSet());
        assertEquals(2, nodes.size(), "nodes " + nodes);
    }

    @Test
    void irisIsLearntFromCsv(Cluster cluster, Tenant tenant) {
        var data = SAMPLES.resolve("data/iris");
        cluster.put(tenant.namespace(), "datasets", "iris", data.resolve("train"), data.resolve("test"));
        tenant.apply(SAMPLES.resolve("iris.yaml"));
        tenant.awaitCondition("iris", Conditions.COMPLETE, "True", Duration.ofMinutes(5));
        assertTrue(TrainingTest.accuracy(tenant.job("iris")) >= 0.9);
    }
}
