package dev.capstan.e2e;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.util.ArrayList;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/** What everybody stands on goes away, a node or the API server: so nobody else is there meanwhile. */
@OnCluster
@Turn.Of(Turn.CLUSTER)
@Order(0)
@TestMethodOrder(OrderAnnotation.class)
class OutagesTest {
    /** Longer than the operator's lease holds, and than a node may be silent. */
    private static final Duration AWAY = Duration.ofSeconds(20);
    /**
     * What Kubernetes adds to a pod, but where a cluster says otherwise, as this one does: nodes that couldn't renew
     * their leases are lost at once when the API server is back, and their pods would be evicted 10 s later.
     */
    private static final String TOLERATED_BY_DEFAULT = """
            - {key: node.kubernetes.io/not-ready, operator: Exists, effect: NoExecute, tolerationSeconds: 300}
            - {key: node.kubernetes.io/unreachable, operator: Exists, effect: NoExecute, tolerationSeconds: 300}
            """;

    private static final Pattern STEP = Pattern.compile(" step (\\d+)/");

    @BeforeEach
    void writeData(Tenant tenant) {
        tenant.putBlobs();
    }

    @Test
    @Order(1)
    void aDeadNodesWorkersStartElsewhere(Cluster cluster, Tenant tenant) {
        var service = Bystander.serving(cluster, tenant, 2);
        var bystanders = new ArrayList<Bystander>();
        // Its clients are on the other node, where one replica is, and one router.
        // Meanwhile the load begins, for which it is measured first how much is answered at most.
        var dead = endsElsewhere(
                tenant,
                "moved",
                node -> {
                    bystanders.add(Bystander.under(service, other(cluster, node)));
                    cluster.killNode(node);
                },
                cluster::startNode);
        var bystander = bystanders.getFirst();
        service.await("both replicas answer again", Service.answersBy(2));
        bystander.assertAllAnswered("a node died");

        // All of it is where the load is by now.
        cluster.kubectl("wait", "node/" + dead, "--for=condition=Ready", "--timeout=120s");
        var full = other(cluster, dead);
        try {
            cluster.kubectl(
                    "drain",
                    full,
                    "--pod-selector=capstan.dev/job=" + service.name(),
                    "--delete-emptydir-data",
                    "--timeout=180s");
            service.await(
                    "all of it has moved",
                    status -> Service.answersBy(2).test(status)
                            && tenant.pods(service.name()).stream()
                                    .allMatch(pod -> dead.equals(pod.getSpec().getNodeName())));
            bystander.assertAllAnswered("a node was drained");
        } finally {
            cluster.kubectl("uncordon", full);
        }
    }

    private static String other(Cluster cluster, String node) {
        return cluster.workerNodes().stream()
                .map(each -> each.getMetadata().getName())
                .filter(name -> !name.equals(node))
                .findFirst()
                .orElseThrow();
    }

    @Test
    @Order(2)
    void workersThatAreCutOffAreReplacedElsewhere(Cluster cluster, Tenant tenant) {
        endsElsewhere(tenant, "severed", cluster::cutLink, cluster::restoreLink);
    }

    /** @return the node of the fault */
    private static String endsElsewhere(Tenant tenant, String job, Consumer<String> fault, Consumer<String> undo) {
        // One GPU each, so that after the loss of a node both find room on the other.
        tenant.apply(JobManifest.of(job).gpus(1).lasting(JobManifest.HELD).file());
        // It can't end before anybody misses it.
        try (var brake = Brake.onceItTrains(tenant, job)) {
            var node = brake.node();
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
            return node;
        }
    }

    @Test
    @Order(3)
    void trainingGoesOnWhileTheApiServerIsAway(Cluster cluster, Tenant tenant) throws InterruptedException {
        var job = "deaf";
        try (var watch = new PodWatch(cluster, tenant, job)) {
            tenant.apply(InterruptionsTest.held(job)
                    .with("workers.tolerations", TOLERATED_BY_DEFAULT)
                    .file());
            try (var brake = Brake.onceItTrains(tenant, job);
                    var shell = NodeShell.open(brake.node())) {
                var worker = LostWorkersTest.trainingWorker(tenant, job, 1);
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
