package dev.capstan.controllers.drill;

import dev.capstan.controllers.status.ConditionSet;
import dev.capstan.crds.Conditions;
import dev.capstan.crds.Output;
import dev.capstan.crds.Storage;
import dev.capstan.crds.WorkerResources;
import dev.capstan.crds.Workers;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/**
 * The drills of a namespace, and their pods: two servers of one size, and six workers of a GPU each.
 *
 * @param servers what limits a server: a resource, and how much of it
 * @param nodes labels of the nodes that they may use
 */
record Drills(KubernetesClient client, String namespace, Map.Entry<String, String> servers, Map<String, String> nodes) {
    void submit(String name, double passMark) {
        var drill = new Drill();
        drill.setMetadata(
                new ObjectMetaBuilder().withNamespace(namespace).withName(name).build());
        var spec = new DrillSpec()
                .setServers(workers(2, servers.getKey(), servers.getValue()))
                .setPassMark(passMark);
        spec.setWorkers(workers(6, "nvidia.com/gpu", "1"));
        spec.setOutput(new Output().setStorage(new Storage().setUri("pvc://models/" + name)));
        drill.setSpec(spec);
        drill.setStatus(null);
        client.resource(drill).create();
    }

    private Workers workers(int replicas, String resource, String amount) {
        var workers = new Workers().setReplicas(replicas);
        workers.setNodeSelector(nodes)
                .setResources(new WorkerResources().setLimits(Map.of(resource, new Quantity(amount))));
        return workers;
    }

    Drill get(String name) {
        return client.resources(Drill.class)
                .inNamespace(namespace)
                .withName(name)
                .get();
    }

    void suspend(String name, boolean wish) {
        client.resources(Drill.class)
                .inNamespace(namespace)
                .withName(name)
                .patch(PatchContext.of(PatchType.JSON_MERGE), "{\"spec\": {\"suspend\": %s}}".formatted(wish));
    }

    Drill await(String name, String what, Predicate<Drill> is) {
        try {
            return client.resources(Drill.class)
                    .inNamespace(namespace)
                    .withName(name)
                    .waitUntilCondition(
                            drill -> drill != null
                                    && drill.getStatus() != null
                                    && drill.getStatus().getConditions() != null
                                    && is.test(drill),
                            30,
                            TimeUnit.SECONDS);
        } catch (RuntimeException e) {
            throw new AssertionError("not " + what + ": " + get(name).getStatus(), e);
        }
    }

    List<Pod> awaitPods(String name, int attempt, int count) {
        try {
            client.pods()
                    .inNamespace(namespace)
                    .withLabels(labels(name, attempt))
                    .informOnCondition(pods -> pods.size() == count)
                    .get(30, TimeUnit.SECONDS);
            return pods(name, attempt);
        } catch (Exception e) {
            throw new AssertionError(
                    "%d pods, not %d: %s"
                            .formatted(
                                    pods(name, attempt).size(), count, get(name).getStatus()),
                    e);
        }
    }

    List<Pod> pods(String name, int attempt) {
        return client.pods().inNamespace(namespace).withLabels(labels(name, attempt)).list().getItems().stream()
                .sorted(Comparator.comparingInt(
                        pod -> Integer.parseInt(pod.getMetadata().getLabels().get("capstan.dev/rank"))))
                .toList();
    }

    private static Map<String, String> labels(String name, int attempt) {
        return Map.of(
                "app.kubernetes.io/name",
                "drill",
                "capstan.dev/job",
                name,
                "capstan.dev/attempt",
                Integer.toString(attempt));
    }

    static Map<String, Quantity> limits(Pod pod) {
        return pod.getSpec().getContainers().getFirst().getResources().getLimits();
    }

    static boolean holds(Drill drill, String type) {
        return ConditionSet.holds(drill.getStatus().getConditions(), type);
    }

    static String reason(Drill drill, String type) {
        return ConditionSet.find(drill.getStatus().getConditions(), type)
                .orElseThrow()
                .getReason();
    }

    static String message(Drill drill) {
        return ConditionSet.find(drill.getStatus().getConditions(), Conditions.RECONCILING)
                .orElseThrow()
                .getMessage();
    }
}
