package dev.capstan.bench.engine;

import dev.capstan.controllers.admission.Decision;
import dev.capstan.controllers.admission.Engine;
import dev.capstan.controllers.admission.cluster.ClusterView;
import dev.capstan.controllers.admission.cluster.Grant;
import dev.capstan.controllers.admission.cluster.NodeConstraints;
import dev.capstan.controllers.admission.cluster.Resources;
import dev.capstan.controllers.admission.cluster.WorkloadId;
import dev.capstan.controllers.admission.queue.PodSet;
import dev.capstan.controllers.admission.queue.Workload;
import dev.capstan.controllers.admission.quota.QuotaBook;
import dev.capstan.crds.quota.Flavor;
import dev.capstan.crds.quota.FlavorResource;
import dev.capstan.crds.quota.GPUQuota;
import dev.capstan.crds.quota.GPUQuotaSpec;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

/**
 * A cluster in which many teams share GPUs: nodes of eight, two models of GPU, racks of 32 nodes; a quarter of the GPUs
 * is held by running jobs; ten teams in two cohorts with a quota each; and workloads that wait, four for every five
 * nodes, of one to 16 pods with one to eight GPUs each, in three priorities, one in ten within one rack. The same seed
 * gives the same.
 */
final class Crowd {
    static final Instant NOW = Instant.parse("2026-01-01T12:00:00Z");
    static final int GPUS_PER_NODE = 8;
    /** What an operator with half a gigabyte of heap gives it. */
    private static final long TABLE_BYTES = 64 << 20;

    private static final String GPU = "nvidia.com/gpu";
    private static final String MODEL = "nvidia.com/gpu.product";
    private static final String RACK = "topology.kubernetes.io/rack";
    private static final int TEAMS = 10;
    private static final int[] PODS = {1, 1, 1, 1, 2, 2, 2, 4, 4, 8, 8, 16};
    private static final int[] GPUS = {1, 1, 1, 1, 2, 2, 4, 8};

    final List<ClusterView.Node> nodes = new ArrayList<>();
    final List<Grant> grants = new ArrayList<>();
    final List<ClusterView.Pod> pods = new ArrayList<>();
    final List<Workload> workloads = new ArrayList<>();
    final QuotaBook quotas;

    Crowd(int nodeCount, long seed) {
        var random = new Random(seed);
        for (int i = 0; i < nodeCount; i++) {
            nodes.add(node(i));
        }
        quotas = quotas(nodeCount);
        run(random);
        int waiting = nodeCount * 4 / 5;
        for (int i = 0; i < waiting; i++) {
            workloads.add(workload(i, random));
        }
    }

    /** An engine that has been told of all of it. */
    Engine engine() {
        var engine = new Engine(TABLE_BYTES);
        engine.put(quotas);
        nodes.forEach(engine::put);
        grants.forEach(engine::put);
        pods.forEach(engine::put);
        workloads.forEach(engine::put);
        return engine;
    }

    private static ClusterView.Node node(int number) {
        var labels = Map.of(
                "kubernetes.io/hostname",
                "node-" + number,
                RACK,
                "rack-" + number / 32,
                MODEL,
                number % 3 == 0 ? "a100" : "h100");
        var offered = Resources.offered(Map.of(
                GPU,
                new Quantity(Integer.toString(GPUS_PER_NODE)),
                "cpu",
                new Quantity("96"),
                "memory",
                new Quantity("1Ti"),
                "ephemeral-storage",
                new Quantity("2Ti"),
                "pods",
                new Quantity("110")));
        return new ClusterView.Node("node-" + number, true, true, labels, List.of(), offered);
    }

    private static Resources each(int gpus) {
        return Resources.asked(Map.of(
                GPU,
                new Quantity(Integer.toString(gpus)),
                "cpu",
                new Quantity(Integer.toString(4 * gpus)),
                "memory",
                new Quantity(32 * gpus + "Gi"),
                "pods",
                new Quantity("1")));
    }

    private static QuotaBook quotas(int nodeCount) {
        var quotas = new ArrayList<GPUQuota>();
        var namespaces = new HashMap<String, Map<String, String>>();
        long gpus = (long) nodeCount * GPUS_PER_NODE;
        for (int team = 0; team < TEAMS; team++) {
            namespaces.put("team-" + team, Map.of());
            var quota = new GPUQuota();
            quota.setMetadata(new ObjectMetaBuilder().withName("team-" + team).build());
            quota.setSpec(new GPUQuotaSpec()
                    .setNamespaces(List.of("team-" + team))
                    .setCohort("cohort-" + team % 2)
                    .setFlavors(List.of(flavor("h100", gpus * 2 / 3 / TEAMS), flavor("a100", gpus / 3 / TEAMS))));
            quotas.add(quota);
        }
        return QuotaBook.of(quotas, namespaces);
    }

    private static Flavor flavor(String model, long gpus) {
        return new Flavor()
                .setName(model)
                .setNodeLabels(Map.of(MODEL, model))
                .setResources(
                        List.of(new FlavorResource().setName(GPU).setNominalQuota(new Quantity(Long.toString(gpus)))));
    }

    /** Jobs of one node each that hold a quarter of the GPUs; every third has told when it will end. */
    private void run(Random random) {
        for (int i = 0; i < nodes.size(); i++) {
            if (random.nextInt(5) < 3) {
                continue;
            }
            var node = nodes.get(i).name();
            int size = 1 + random.nextInt(4);
            var ranks = new ArrayList<String>();
            for (int rank = 0; rank < size; rank++) {
                ranks.add(node);
            }
            var ends =
                    i % 3 == 0 ? Optional.of(NOW.plusSeconds(60 + random.nextInt(36_000))) : Optional.<Instant>empty();
            var namespace = "team-" + random.nextInt(TEAMS);
            var id = new WorkloadId("TrainingJob", namespace, "running-" + i, "running-" + i);
            var seats = new Grant.Seats("worker", 0, each(2), ranks);
            var grant = new Grant(id, 1, 0, List.of(seats), NOW, ends, NOW);
            grants.add(grant);
            for (int rank = 0; rank < size; rank++) {
                pods.add(new ClusterView.Pod(
                        "pod-" + i + "-" + rank,
                        namespace,
                        node,
                        false,
                        each(2),
                        Optional.of(new ClusterView.Seat(namespace, grant.uid(), 1, rank))));
            }
        }
    }

    private static Workload workload(int number, Random random) {
        var topology = random.nextInt(10) == 0
                ? Optional.of(new Workload.Topology(RACK, true, Optional.empty()))
                : Optional.<Workload.Topology>empty();
        int size = PODS[random.nextInt(PODS.length)];
        return new Workload(
                new WorkloadId("TrainingJob", "team-" + random.nextInt(TEAMS), "job-" + number, "uid-" + number),
                1,
                random.nextInt(3),
                NOW.minusSeconds(random.nextInt(100_000)),
                List.of(PodSet.whole(
                        "worker", 0, size, each(GPUS[random.nextInt(GPUS.length)]), NodeConstraints.ANYWHERE)),
                topology,
                Optional.empty());
    }

    /**
     * Counts anew, in the plainest way, what a pass gave away.
     *
     * @throws IllegalStateException when a node's resources were given twice, a workload is not whole, or left its rack
     */
    void check(List<Decision> decisions) {
        var free = new HashMap<String, Resources>();
        var racks = new HashMap<String, String>();
        nodes.forEach(node -> {
            free.put(node.name(), node.allocatable());
            racks.put(node.name(), node.labels().get(RACK));
        });
        pods.forEach(pod -> free.compute(pod.node(), (name, left) -> left.minus(pod.requests())));
        var seen = new HashSet<String>();
        for (var decision : decisions) {
            var admitted = (Decision.Admit) decision;
            var workload = admitted.workload();
            var seats = admitted.podSets().getFirst();
            require(seen.add(workload.uid()), workload, "was placed twice");
            require(admitted.size() == workload.minimum(), workload, "is not whole");
            seats.nodes().forEach(node -> free.compute(node, (name, left) -> left.minus(seats.each())));
            if (workload.topology().isPresent()) {
                require(
                        seats.nodes().stream().map(racks::get).distinct().count() == 1,
                        workload,
                        "is in several racks");
            }
        }
        free.forEach((node, left) -> left.thousandths().forEach((resource, amount) -> {
            if (amount < 0) {
                throw new IllegalStateException(resource + " of " + node + " was given twice");
            }
        }));
        checkQuotas(decisions);
    }

    /** No limits are set, so a cohort's use of a flavor must stay within what its members have together. */
    private void checkQuotas(List<Decision> decisions) {
        var models = new HashMap<String, String>();
        nodes.forEach(node -> models.put(node.name(), node.labels().get(MODEL)));
        var used = new HashMap<String, Long>();
        pods.forEach(pod -> used.merge(
                pool(pod.namespace(), models.get(pod.node())), pod.requests().get(GPU), Long::sum));
        for (var decision : decisions) {
            for (var seats : ((Decision.Admit) decision).podSets()) {
                seats.nodes()
                        .forEach(node -> used.merge(
                                pool(decision.id().namespace(), models.get(node)),
                                seats.each().get(GPU),
                                Long::sum));
            }
        }
        var nominal = new HashMap<String, Long>();
        quotas.quotas()
                .forEach(quota -> quota.flavors()
                        .forEach(flavor -> nominal.merge(
                                pool(quota.name(), flavor.name()),
                                flavor.limits().get(GPU).nominal(),
                                Long::sum)));
        used.forEach((pool, amount) -> {
            if (amount > nominal.get(pool)) {
                throw new IllegalStateException("quota of " + pool + " is exceeded: " + amount);
            }
        });
    }

    private static String pool(String team, String flavor) {
        return "cohort-" + Integer.parseInt(team.substring("team-".length())) % 2 + " " + flavor;
    }

    private static void require(boolean holds, Workload workload, String what) {
        if (!holds) {
            throw new IllegalStateException(workload.id().name() + " " + what);
        }
    }
}
