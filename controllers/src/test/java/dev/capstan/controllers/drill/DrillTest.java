package dev.capstan.controllers.drill;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.controllers.status.ConditionSet;
import dev.capstan.controllers.testing.Jobs;
import dev.capstan.controllers.testing.Stage;
import dev.capstan.controllers.training.TrainingKind;
import dev.capstan.crds.Conditions;
import dev.capstan.crds.Output;
import dev.capstan.crds.Reasons;
import dev.capstan.crds.Storage;
import dev.capstan.crds.WorkerResources;
import dev.capstan.crds.Workers;
import dev.capstan.crds.testing.ApiServer;
import dev.capstan.protocol.Outcome;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Another kind goes all the way of a job, on the real API server, with nothing but the files of this package: servers
 * beside workers, no data, and a verdict of its own.
 */
class DrillTest {
    private static final String DIGEST = "sha256:" + "0".repeat(64);

    private static ApiServer api;
    private Stage stage;

    @BeforeAll
    static void install() {
        api = ApiServer.shared();
        api.install(DrillTest.class.getResourceAsStream("/drills.yaml"));
    }

    @BeforeEach
    void open() {
        stage = Stage.open(api, "drill", List.of(new TrainingKind(), new DrillKind()));
    }

    @AfterEach
    void close() {
        stage.close();
    }

    @Test
    void serversAndWorkersGetTheirPlacesTogetherOrNotAtAll() {
        stage.node("a", 5);
        submit("a", 0);
        // Six workers of a GPU each, and two servers of eight cores, which the one node would have.
        await("a", "told what it waits for", drill -> message(drill).contains("nvidia.com/gpu"));
        assertEquals(List.of(), pods("a", 1));
        stage.node("b", 1);
        var pods = awaitPods("a", 1, 8);
        assertEquals(
                List.of("a-dr-1-server-0-0", "a-dr-1-server-1-0", "a-dr-1-worker-2-0"),
                pods.stream().limit(3).map(pod -> pod.getMetadata().getName()).toList());
        assertEquals(Map.of("cpu", new Quantity("4")), limits(pods.get(0)));
        assertEquals(Map.of("nvidia.com/gpu", new Quantity("1")), limits(pods.get(7)));
        assertEquals(
                List.of("serve"),
                pods.get(1).getSpec().getContainers().getFirst().getArgs());
        assertEquals(
                List.of("train"),
                pods.get(2).getSpec().getContainers().getFirst().getArgs());
    }

    @Test
    void itIsInterruptedSuspendedAndCompletes() {
        stage.node("a", 6);
        submit("a", 0.9);
        var pods = awaitPods("a", 1, 8);
        pods.forEach(stage::runs);
        await("a", "at work", drill -> holds(drill, Conditions.READY));
        assertEquals("Drilling", reason(drill("a"), Conditions.READY));

        stage.gone(pods.get(1));
        await("a", "in its second attempt", drill -> drill.getStatus().getAttempt() == 2);
        pods.forEach(stage::gone);
        awaitPods("a", 2, 8).forEach(stage::runs);
        await("a", "at work again", drill -> holds(drill, Conditions.READY));
        assertEquals(1, drill("a").getStatus().getRestarts());

        edit("a", drill -> drill.getSpec().setSuspend(true));
        await("a", "stopping", drill -> reason(drill, Conditions.PODS_READY).equals(Reasons.SUSPENDING));
        pods("a", 2).forEach(stage::gone);
        await("a", "suspended", drill -> holds(drill, Conditions.SUSPENDED));
        edit("a", drill -> drill.getSpec().setSuspend(false));

        pods = awaitPods("a", 3, 8);
        pods.forEach(stage::runs);
        await("a", "at work once more", drill -> holds(drill, Conditions.READY));
        stage.ends(pods.getFirst(), made(0.95));
        var done = await("a", "complete", drill -> holds(drill, Conditions.COMPLETE));
        assertEquals("0.9500", done.getStatus().getArtifact().getMetrics().get("score"));
    }

    @Test
    void aResultThatDoesNotReachTheMarkFailsIt() {
        stage.node("a", 6);
        submit("a", 0.9);
        var pods = awaitPods("a", 1, 8);
        pods.forEach(stage::runs);
        await("a", "at work", drill -> holds(drill, Conditions.READY));
        stage.ends(pods.getFirst(), made(0.5));
        var done = await("a", "failed", drill -> holds(drill, Conditions.FAILED));
        assertEquals(DrillDescription.NOT_PASSED, reason(done, Conditions.FAILED));
    }

    @Test
    void aTrainingJobOfItsNameLivesBesideIt() {
        stage.node("a", 7);
        submit("a", 0);
        awaitPods("a", 1, 8).forEach(stage::runs);
        stage.submit(Jobs.mnist(stage.namespace, "a", 1));
        var worker = stage.awaitPod("a-tj-1-worker-0-0");
        stage.runs(worker);
        stage.await("a", Conditions.READY);
        await("a", "at work", drill -> holds(drill, Conditions.READY));
        assertNotEquals(token("a-tj-peers"), token("a-dr-peers"));

        stage.gone(worker);
        stage.await("a", "in its second attempt", job -> job.getStatus().getAttempt() == 2);
        assertEquals(1, drill("a").getStatus().getAttempt(), "and the drill isn't touched by that");
        assertTrue(holds(drill("a"), Conditions.READY));
    }

    private static Outcome made(double score) {
        return new Outcome(
                Outcome.Reason.Succeeded,
                "done",
                new Outcome.Artifact("pvc://models/a", DIGEST, 1, Map.of("score", score)));
    }

    private void submit(String name, double passMark) {
        var drill = new Drill();
        drill.setMetadata(new ObjectMetaBuilder()
                .withNamespace(stage.namespace)
                .withName(name)
                .build());
        var spec = new DrillSpec().setServers(workers(2, "cpu", "4")).setPassMark(passMark);
        spec.setWorkers(workers(6, "nvidia.com/gpu", "1"));
        spec.setOutput(new Output().setStorage(new Storage().setUri("pvc://models/" + name)));
        drill.setSpec(spec);
        drill.setStatus(null);
        client().resource(drill).create();
    }

    private Workers workers(int replicas, String resource, String amount) {
        return new Workers()
                .setReplicas(replicas)
                .setNodeSelector(Map.of("stage", stage.namespace))
                .setResources(new WorkerResources().setLimits(Map.of(resource, new Quantity(amount))));
    }

    private KubernetesClient client() {
        return stage.client;
    }

    private Drill drill(String name) {
        return client().resources(Drill.class)
                .inNamespace(stage.namespace)
                .withName(name)
                .get();
    }

    private void edit(String name, java.util.function.Consumer<Drill> change) {
        client().resources(Drill.class)
                .inNamespace(stage.namespace)
                .withName(name)
                .edit(drill -> {
                    change.accept(drill);
                    return drill;
                });
    }

    private Drill await(String name, String what, Predicate<Drill> is) {
        try {
            return client().resources(Drill.class)
                    .inNamespace(stage.namespace)
                    .withName(name)
                    .waitUntilCondition(
                            drill -> drill != null
                                    && drill.getStatus() != null
                                    && drill.getStatus().getConditions() != null
                                    && is.test(drill),
                            30,
                            TimeUnit.SECONDS);
        } catch (RuntimeException e) {
            throw new AssertionError("not " + what + ": " + drill(name).getStatus(), e);
        }
    }

    private List<Pod> awaitPods(String name, int attempt, int count) {
        try {
            client().pods()
                    .inNamespace(stage.namespace)
                    .withLabels(labels(name, attempt))
                    .informOnCondition(pods -> pods.size() == count)
                    .get(30, TimeUnit.SECONDS);
            return pods(name, attempt);
        } catch (Exception e) {
            throw new AssertionError(
                    "%d pods, not %d: %s"
                            .formatted(
                                    pods(name, attempt).size(),
                                    count,
                                    drill(name).getStatus()),
                    e);
        }
    }

    private List<Pod> pods(String name, int attempt) {
        return client().pods().inNamespace(stage.namespace).withLabels(labels(name, attempt)).list().getItems().stream()
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

    private String token(String secret) {
        return client().secrets()
                .inNamespace(stage.namespace)
                .withName(secret)
                .get()
                .getData()
                .get("token");
    }

    private static Map<String, Quantity> limits(Pod pod) {
        return pod.getSpec().getContainers().getFirst().getResources().getLimits();
    }

    private static boolean holds(Drill drill, String type) {
        return ConditionSet.holds(drill.getStatus().getConditions(), type);
    }

    private static String reason(Drill drill, String type) {
        return ConditionSet.find(drill.getStatus().getConditions(), type)
                .orElseThrow()
                .getReason();
    }

    private static String message(Drill drill) {
        return ConditionSet.find(drill.getStatus().getConditions(), Conditions.RECONCILING)
                .orElseThrow()
                .getMessage();
    }
}
