package dev.capstan.e2e;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.parallel.Isolated;

/** What everybody stands on goes away, a node or the API server: so nobody else is there meanwhile. */
@OnCluster
@Isolated
@TestMethodOrder(OrderAnnotation.class)
class OutagesTest {
    /** Longer than the operator's lease holds, and than a node may be silent. */
    private static final Duration AWAY = Duration.ofSeconds(20);

    private static final Pattern STEP = Pattern.compile(" step (\\d+)/");

    @BeforeEach
    void writeData(Tenant tenant) {
        tenant.putBlobs();
    }

    @Test
    @Order(1)
    void aDeadNodesWorkersStartElsewhere(Cluster cluster, Tenant tenant) {
        endsElsewhere(tenant, "moved", cluster::killNode, cluster::startNode);
    }

    @Test
    @Order(2)
    void workersThatAreCutOffAreReplacedElsewhere(Cluster cluster, Tenant tenant) {
        endsElsewhere(tenant, "severed", cluster::cutLink, cluster::restoreLink);
    }

    private static void endsElsewhere(Tenant tenant, String job, Consumer<String> fault, Consumer<String> undo) {
        // One GPU each, so that after the loss of a node both find room on the other.
        tenant.apply(JobManifest.of(job).gpus(1).lasting(JobManifest.MEDIUM).file());
        var node = LostWorkersTest.trainingWorker(tenant, job, 0).getSpec().getNodeName();
        fault.accept(node);
        try {
            tenant.await(
                    job,
                    "is complete on another node",
                    Duration.ofMinutes(5),
                    found -> found.getStatus().getArtifact() != null);
            assertTrue(tenant.pods(job).stream()
                    .filter(pod -> "Succeeded".equals(pod.getStatus().getPhase()))
                    .noneMatch(pod -> node.equals(pod.getSpec().getNodeName())));
        } finally {
            undo.accept(node);
        }
    }

    /**
     * The last: the provisioner of volumes may not look for claims again for a minute after the API server was away.
     */
    @Test
    @Order(3)
    void trainingGoesOnWhileTheApiServerIsAway(Cluster cluster, Tenant tenant) throws InterruptedException {
        var job = "deaf";
        try (var watch = new PodWatch(cluster, tenant, job)) {
            tenant.apply(InterruptionsTest.slow(job).file());
            var worker = LostWorkersTest.trainingWorker(tenant, job, 0);
            try (var shell = NodeShell.open(worker.getSpec().getNodeName())) {
                try {
                    cluster.stopApiServer();
                    long before = loggedStep(shell, worker);
                    Thread.sleep(AWAY);
                    long after = loggedStep(shell, worker);
                    assertTrue(after > before, "step " + after + " after step " + before);
                } finally {
                    cluster.startApiServer();
                }
            }
            InterruptionsTest.assertEndsAsIfNothingHadHappened(tenant, job, watch);
        }
    }

    /** The last step that a worker wrote into its log, as its node has it. */
    private static long loggedStep(NodeShell shell, Pod worker) {
        var metadata = worker.getMetadata();
        var lines = shell.run("tail -n 3 /var/log/pods/%s_%s_%s/worker/0.log"
                .formatted(metadata.getNamespace(), metadata.getName(), metadata.getUid()));
        return lines.stream()
                .map(STEP::matcher)
                .filter(line -> line.find())
                .mapToLong(line -> Long.parseLong(line.group(1)))
                .max()
                .orElse(0);
    }
}
