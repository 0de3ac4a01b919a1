package dev.capstan.operator.crowd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.crds.Conditions;
import dev.capstan.crds.testing.ApiServer;
import dev.capstan.crds.training.TrainingJob;
import dev.capstan.operator.OperatorProcess;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Many gangs on many simulated nodes under churn, with the leader killed in mid-wave: judged by what watches saw at
 * every moment. By default it is small; {@code ./capstan bench crowd} runs it with a thousand nodes.
 */
class CrowdIT {
    private static final int NODES = Integer.getInteger("crowd.nodes", 30);
    private static final int SMALL = Integer.getInteger("crowd.gangsOf20", 6);
    private static final int LARGE = Integer.getInteger("crowd.gangsOf100", 1);
    private static final int GANGS = SMALL + LARGE;
    private static final long SEED = Long.getLong("crowd.seed", 1);
    private static final Duration PATIENCE = Duration.ofMinutes(Integer.getInteger("crowd.minutes", 4));
    /** How long a gang may be bound in part; so long that a slow machine doesn't roll gangs back. */
    private static final int TIMEOUT_SECONDS = Integer.getInteger("crowd.timeoutSeconds", 120);

    /** What the operator's container may have; the chart's own limit by default. */
    private static final String MEMORY = System.getProperty("crowd.memory", "1g");

    private static final Duration TOLD_EVERY = Duration.ofSeconds(30);
    /** Where all that was seen goes. */
    private static final Path CSV = Path.of(System.getProperty("crowd.csv", "target/crowd.csv"));

    private static final List<String> TEAMS = List.of("red", "blue");

    private final Random random = new Random(SEED);
    private Instant nextTold = Instant.now().plus(TOLD_EVERY);

    @Test
    void everyGangIsGrantedOnceStartedWholeAndDone() throws Exception {
        try (var cluster = SimulatedCluster.start(NODES);
                var watches = prepared(cluster);
                var conductor = new Conductor(cluster.client(), new Random(SEED));
                var first = operator(cluster, "first")) {
            var churn = new Churn(cluster, NODES, new Random(SEED));
            watches.tell(event -> {
                conductor.hear(event);
                churn.hear(event);
            });
            first.awaitLog("first leads");
            try (var second = operator(cluster, "second")) {
                long start = System.nanoTime();
                apply(cluster);
                churnUntil(cluster, churn, watches, GANGS / 4);
                first.kill();
                long killed = System.nanoTime();
                second.awaitLog("second leads");
                double takeover = seconds(killed);
                churnUntil(cluster, churn, watches, GANGS);
                double wave = seconds(start);
                churn.end();
                var verdict = Judge.judge(rules(), watches.events());
                report(verdict, wave, takeover, second.peakMemory());
                assertEquals(List.of(), verdict.broken());
                assertEquals(GANGS, verdict.complete());
            } finally {
                write(watches.seen());
            }
        }
    }

    /**
     * What a team may have at most follows from the amounts below: its own, and what the other lends or it may borrow.
     */
    private static Judge.Rules rules() {
        int gpus = NODES * SimulatedCluster.GPUS;
        return new Judge.Rules(
                SimulatedCluster.GPUS,
                Map.of("red", gpus / 2 + gpus / 4, "blue", gpus / 2 + gpus / 8),
                TIMEOUT_SECONDS * 1000L);
    }

    private static Watches prepared(SimulatedCluster cluster) throws IOException {
        var client = cluster.client();
        var crds = Path.of("..", "crds", "src", "main", "resources", "META-INF", "capstan");
        try (var files = Files.list(crds)) {
            for (var crd : files.toList()) {
                try (var yaml = Files.newInputStream(crd)) {
                    ApiServer.install(client, yaml);
                }
            }
        }
        int gpus = NODES * SimulatedCluster.GPUS;
        for (var team : TEAMS) {
            client.resourceList("""
                    apiVersion: v1
                    kind: Namespace
                    metadata: {name: %1$s}
                    ---
                    apiVersion: v1
                    kind: PersistentVolume
                    metadata: {name: %1$s}
                    spec:
                      accessModes: [ReadWriteMany]
                      capacity: {storage: 1Gi}
                      hostPath: {path: /nowhere}
                      claimRef: {namespace: %1$s, name: data}
                    ---
                    apiVersion: v1
                    kind: PersistentVolumeClaim
                    metadata: {name: data, namespace: %1$s}
                    spec:
                      accessModes: [ReadWriteMany]
                      storageClassName: ""
                      volumeName: %1$s
                      resources: {requests: {storage: 1Gi}}
                    ---
                    apiVersion: capstan.dev/v1alpha1
                    kind: GPUQuota
                    metadata: {name: %1$s}
                    spec:
                      namespaces: [%1$s]
                      cohort: everybody
                      flavors:
                      - name: simulated
                        nodeLabels: {nvidia.com/gpu.product: Simulated}
                        resources:
                        - {name: nvidia.com/gpu, nominalQuota: %2$d, lendingLimit: %3$d%4$s}
                    """.formatted(
                            team, gpus / 2, gpus / 4, team.equals("blue") ? ", borrowingLimit: " + gpus / 8 : ""))
                    .create();
        }
        return new Watches(client);
    }

    private void apply(SimulatedCluster cluster) {
        var sizes = new ArrayList<Integer>();
        for (int i = 0; i < SMALL; i++) {
            sizes.add(20);
        }
        for (int i = 0; i < LARGE; i++) {
            sizes.add(random.nextInt(sizes.size() + 1), 100);
        }
        for (int i = 0; i < sizes.size(); i++) {
            boolean inOneRack = sizes.get(i) == 20 && random.nextInt(5) == 0;
            cluster.client()
                    .resource(job("job-" + i, sizes.get(i), inOneRack))
                    .inNamespace(TEAMS.get(i % TEAMS.size()))
                    .create();
        }
    }

    private static String job(String name, int replicas, boolean inOneRack) {
        return """
                apiVersion: capstan.dev/v1alpha1
                kind: TrainingJob
                metadata: {name: %s}
                spec:
                  model:
                    layers:
                    - output: {units: 2, activation: softmax, loss: mcxent}
                  data:
                    train: {uri: "pvc://data/train", format: csv}
                  training: {epochs: 1, batchSize: 128, optimizer: {sgd: {learningRate: 0.1}}}
                  workers:
                    replicas: %d
                    resources:
                      limits: {nvidia.com/gpu: 1}
                      requests: {cpu: 100m, memory: 64Mi}
                  scheduling: {timeoutSeconds: %d%s}
                  failurePolicy: {maxRestarts: 100}
                  output: {storage: {uri: "pvc://data/models/%s"}}
                """.formatted(
                        name,
                        replicas,
                        TIMEOUT_SECONDS,
                        inOneRack ? ", topology: {required: topology.kubernetes.io/rack}" : "",
                        name);
    }

    /** Nodes suffer until so many jobs are complete. */
    private void churnUntil(SimulatedCluster cluster, Churn churn, Watches watches, int complete)
            throws InterruptedException {
        var deadline = Instant.now().plus(PATIENCE);
        while (watches.complete().size() < complete) {
            assertTrue(Instant.now().isBefore(deadline), () -> "not " + complete + " jobs complete: " + open(cluster));
            churn.round();
            tell(watches);
        }
    }

    /** A big crowd takes long, and whoever waits wants to know that it gets on. */
    private void tell(Watches watches) {
        if (Instant.now().isAfter(nextTold)) {
            System.out.printf(
                    "crowd: %d of %d jobs are complete%n", watches.complete().size(), GANGS);
            nextTold = Instant.now().plus(TOLD_EVERY);
        }
    }

    private static String open(SimulatedCluster cluster) {
        return jobs(cluster).stream()
                .filter(job -> !Watches.holds(job, Conditions.COMPLETE))
                .limit(5)
                .map(job -> job.getMetadata().getName() + " " + job.getStatus())
                .toList()
                .toString();
    }

    private static List<TrainingJob> jobs(SimulatedCluster cluster) {
        return cluster.client()
                .resources(TrainingJob.class)
                .inAnyNamespace()
                .list()
                .getItems();
    }

    /** All that was seen, a row each, for whoever wants to know more than the verdict. */
    private static void write(List<Event> events) throws IOException {
        try (var csv = new PrintWriter(Files.newBufferedWriter(CSV))) {
            csv.println("revision,millis,gone,kind,namespace,name,attempt,node,state");
            for (var event : events) {
                var what = switch (event.thing()) {
                    case Event.Pod pod ->
                        "pod,%s,%s,%d,%s,%s"
                                .formatted(
                                        pod.namespace(),
                                        pod.name(),
                                        pod.attempt(),
                                        pod.node() == null ? "" : pod.node(),
                                        pod.ended() ? "ended" : "");
                    case Event.Node node ->
                        "node,,%s,,%s,%s".formatted(node.name(), node.name(), node.ready() ? "ready" : "");
                    case Event.Job job ->
                        "job,%s,%s,%d,,%s"
                                .formatted(
                                        job.namespace(),
                                        job.name(),
                                        job.attempt(),
                                        job.complete() ? "complete" : job.failed() ? "failed" : "");
                };
                csv.println("%d,%d,%s,%s".formatted(event.revision(), event.millis(), event.gone(), what));
            }
        }
    }

    private static OperatorProcess operator(SimulatedCluster cluster, String identity) {
        return OperatorProcess.start(
                cluster.kubeconfig(), identity, Map.of("JDK_JAVA_OPTIONS", "-XX:MaxRAM=" + MEMORY));
    }

    private static void report(Judge.Verdict verdict, double wave, double takeover, long memory) {
        System.out.printf(
                Locale.ROOT,
                "nodes=%d gangs=%d pods=%d seconds=%.1f pods_per_second=%.0f grants=%d rolled_back=%d begun_anew=%d longest_partial_seconds=%.1f most_gpus=%d takeover_seconds=%.1f operator_mib=%d seed=%d%n",
                NODES,
                GANGS,
                verdict.pods(),
                wave,
                verdict.pods() / wave,
                verdict.grants(),
                verdict.rolledBack(),
                verdict.begunAnew(),
                verdict.longestPartialMillis() / 1000.0,
                verdict.mostGpusInUse(),
                takeover,
                memory,
                SEED);
    }

    private static double seconds(long since) {
        return (System.nanoTime() - since) / 1e9;
    }
}
