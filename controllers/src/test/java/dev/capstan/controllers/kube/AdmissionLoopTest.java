package dev.capstan.controllers.kube;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.capstan.controllers.admission.cluster.ClusterView;
import dev.capstan.controllers.admission.cluster.NodeConstraints;
import dev.capstan.controllers.admission.cluster.Resources;
import dev.capstan.controllers.admission.queue.Gang;
import dev.capstan.controllers.admission.quota.QuotaBook;
import dev.capstan.controllers.metrics.Meters;
import dev.capstan.controllers.testing.Jobs;
import dev.capstan.crds.testing.ApiServer;
import dev.capstan.crds.training.TrainingJob;
import io.fabric8.kubernetes.api.model.Quantity;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;

/** What the loop knows when it decides; the test plays the caches. */
class AdmissionLoopTest {
    private static final Resources GPU = Resources.units("nvidia.com/gpu", 1);

    private final ApiServer api = ApiServer.shared();
    private final String namespace = api.newNamespace("loop");
    private final Changes<TrainingJob> changes = new Changes<>();
    private final BlockingQueue<ResourceID> decided = new LinkedBlockingQueue<>();

    @Test
    void theLastThatIsReadBeforeEverythingHasBeenReadCountsInTheFirstPass() throws InterruptedException {
        var job = api.client().resource(Jobs.mnist(namespace, "a", 1)).create();
        changes.put("node", engine -> engine.put(node()));
        changes.put(job.getMetadata().getUid(), Optional.of(job));
        try (var loop = loop(() -> {
            changes.put("pod", engine -> engine.put(pod()));
            return true;
        })) {
            loop.start();
            assertEquals(ResourceID.fromResource(job), decided.poll(10, TimeUnit.SECONDS), "there is no room");
        }
        assertNull(api.client().resource(job).get().getStatus().getAdmission());
    }

    private AdmissionLoop<TrainingJob> loop(BooleanSupplier synced) {
        var book = QuotaBook.of(List.of(), Map.of(namespace, Map.of()));
        return new AdmissionLoop<>(
                api.client(),
                new AdmissionLoop.Sources<>(changes, () -> book, synced),
                new AdmissionLoop.Admits<>(job -> Optional.of(gang(job)), job -> Optional.empty()),
                new AdmissionLoop.Findings(new PendingReasons(Clock.systemUTC()), decided::add, new QuotaUsages()),
                new Meters(new SimpleMeterRegistry()),
                Clock.systemUTC());
    }

    /** One pod with a GPU, anywhere. */
    static Gang gang(TrainingJob job) {
        var metadata = job.getMetadata();
        return new Gang(
                new Gang.Job(metadata.getNamespace(), metadata.getName(), metadata.getUid()),
                1,
                0,
                Instant.parse(metadata.getCreationTimestamp()),
                1,
                GPU,
                NodeConstraints.ANYWHERE,
                Optional.empty(),
                Optional.empty());
    }

    private static ClusterView.Node node() {
        var offer = Resources.offered(Map.of("nvidia.com/gpu", new Quantity("1"), "pods", new Quantity("110")));
        return new ClusterView.Node("n", true, true, Map.of(), List.of(), offer);
    }

    /** It takes the node's only GPU. */
    private static ClusterView.Pod pod() {
        return new ClusterView.Pod("uid", "elsewhere", "n", false, GPU, Optional.empty());
    }
}
