package dev.capstan.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.crds.Conditions;
import dev.capstan.crds.Reasons;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Quantity;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Everybody pushes, or nobody does. */
@OnCluster
class GangTest {
    private static final Duration SOON = Duration.ofMinutes(3);

    @BeforeEach
    void writeData(Tenant tenant) {
        tenant.putBlobs();
    }

    @Test
    void theSecondGangWaitsWholeUntilTheFirstIsDoneAndOneThatNeverFitsGetsNoPod(Cluster cluster, Tenant tenant) {
        try (var neverFits = new PodWatch(cluster, tenant, "giant")) {
            tenant.create(JobManifest.of("giant").gpus(64));
            var giant = tenant.awaitReason("giant", Conditions.ADMITTED, "DoesNotFit", SOON);
            assertTrue(giant.getMessage().contains("nvidia.com/gpu"), giant.getMessage());

            tenant.create(JobManifest.of("early").lasting(JobManifest.HELD));
            try (var brake = Brake.onceItTrains(tenant, "early")) {
                tenant.create(JobManifest.of("late"));
                tenant.awaitReason("late", Conditions.ADMITTED, "WaitingForCapacity", SOON);
                assertTrue(tenant.pods("late").isEmpty(), "a waiting gang holds no pod");
                assertEquals(
                        "True",
                        tenant.condition("late", Conditions.RECONCILING)
                                .orElseThrow()
                                .getStatus());
                // The cluster's GPUs are names: who is given one computes on a CPU.
                var used = tenant.awaitReason("early", Conditions.GPU_USED, Reasons.GPU_NOT_USED, SOON);
                assertTrue(used.getMessage().startsWith("each worker holds 3 nvidia.com/gpu"), used.getMessage());
            }
            // Statuses are written before events.
            Awaitility.await("told by an event")
                    .atMost(SOON)
                    .until(
                            () -> tenant.kubectl(
                                    "get",
                                    "events",
                                    "--field-selector=reason=GPUNotUsed,involvedObject.name=early",
                                    "-o",
                                    "jsonpath={.items[*].type}"),
                            "Warning"::equals);
            tenant.awaitCondition("early", Conditions.COMPLETE, "True", SOON);
            tenant.awaitCondition("late", Conditions.COMPLETE, "True", SOON);
            neverFits.assertNone();
        }
    }

    @Test
    void aBrokenGpuIsNoPlace(Cluster cluster, Tenant tenant) {
        var node = cluster.workerNodes().getFirst().getMetadata().getName();
        for (int gpu = 0; gpu < 2; gpu++) {
            cluster.setGpuHealth(node, gpu, false);
        }
        try {
            Awaitility.await("two GPUs fewer on " + node)
                    .atMost(SOON)
                    .until(() -> gpus(cluster.client().nodes().withName(node).get()) == 2);
            tenant.apply(JobManifest.of("unlucky").file());
            var waiting = tenant.awaitCondition("unlucky", Conditions.ADMITTED, "False", SOON);
            assertTrue(tenant.pods("unlucky").isEmpty(), waiting.getMessage());
        } finally {
            for (int gpu = 0; gpu < 2; gpu++) {
                cluster.setGpuHealth(node, gpu, true);
            }
        }
        tenant.awaitCondition("unlucky", Conditions.COMPLETE, "True", SOON);
    }

    private static int gpus(Node node) {
        return node.getStatus()
                .getAllocatable()
                .getOrDefault("nvidia.com/gpu", new Quantity("0"))
                .getNumericalAmount()
                .intValue();
    }
}
