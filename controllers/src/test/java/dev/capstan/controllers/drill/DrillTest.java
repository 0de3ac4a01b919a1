package dev.capstan.controllers.drill;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.controllers.testing.Jobs;
import dev.capstan.controllers.testing.Stage;
import dev.capstan.controllers.training.TrainingKind;
import dev.capstan.crds.Conditions;
import dev.capstan.crds.Reasons;
import dev.capstan.crds.testing.ApiServer;
import dev.capstan.protocol.Outcome;
import io.fabric8.kubernetes.api.model.Quantity;
import java.util.List;
import java.util.Map;
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
    private Drills drills;

    @BeforeAll
    static void install() {
        api = ApiServer.shared();
        api.install(DrillTest.class.getResourceAsStream("/drills.yaml"));
    }

    @BeforeEach
    void open() {
        stage = Stage.open(api, "drill", List.of(new TrainingKind(), new DrillKind()));
        drills = new Drills(stage.client, stage.namespace, Map.entry("cpu", "4"), Map.of("stage", stage.namespace));
    }

    @AfterEach
    void close() {
        stage.close();
    }

    @Test
    void serversAndWorkersGetTheirPlacesTogetherOrNotAtAll() {
        stage.node("a", 5);
        drills.submit("a", 0);
        // Six workers of a GPU each, and two servers of eight cores, which the one node would have.
        drills.await(
                "a", "told what it waits for", drill -> Drills.message(drill).contains("nvidia.com/gpu"));
        assertEquals(List.of(), drills.pods("a", 1));
        stage.node("b", 1);
        var pods = drills.awaitPods("a", 1, 8);
        assertEquals(
                List.of("a-dr-1-server-0-0", "a-dr-1-server-1-0", "a-dr-1-worker-2-0"),
                pods.stream().limit(3).map(pod -> pod.getMetadata().getName()).toList());
        assertEquals(Map.of("cpu", new Quantity("4")), Drills.limits(pods.get(0)));
        assertEquals(Map.of("nvidia.com/gpu", new Quantity("1")), Drills.limits(pods.get(7)));
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
        drills.submit("a", 0.9);
        var pods = drills.awaitPods("a", 1, 8);
        pods.forEach(stage::runs);
        drills.await("a", "at work", drill -> Drills.holds(drill, Conditions.READY));
        assertEquals("Drilling", Drills.reason(drills.get("a"), Conditions.READY));

        stage.gone(pods.get(1));
        drills.await("a", "in its second attempt", drill -> drill.getStatus().getAttempt() == 2);
        pods.forEach(stage::gone);
        drills.awaitPods("a", 2, 8).forEach(stage::runs);
        drills.await("a", "at work again", drill -> Drills.holds(drill, Conditions.READY));
        assertEquals(1, drills.get("a").getStatus().getRestarts());

        drills.suspend("a", true);
        drills.await(
                "a",
                "stopping",
                drill -> Drills.reason(drill, Conditions.PODS_READY).equals(Reasons.SUSPENDING));
        drills.pods("a", 2).forEach(stage::gone);
        drills.await("a", "suspended", drill -> Drills.holds(drill, Conditions.SUSPENDED));
        drills.suspend("a", false);

        pods = drills.awaitPods("a", 3, 8);
        pods.forEach(stage::runs);
        drills.await("a", "at work once more", drill -> Drills.holds(drill, Conditions.READY));
        stage.ends(pods.getFirst(), made(0.95));
        var done = drills.await("a", "complete", drill -> Drills.holds(drill, Conditions.COMPLETE));
        assertEquals("0.9500", done.getStatus().getArtifact().getMetrics().get("score"));
    }

    @Test
    void aResultThatDoesNotReachTheMarkFailsIt() {
        stage.node("a", 6);
        drills.submit("a", 0.9);
        var pods = drills.awaitPods("a", 1, 8);
        pods.forEach(stage::runs);
        drills.await("a", "at work", drill -> Drills.holds(drill, Conditions.READY));
        stage.ends(pods.getFirst(), made(0.5));
        var done = drills.await("a", "failed", drill -> Drills.holds(drill, Conditions.FAILED));
        assertEquals(DrillDescription.NOT_PASSED, Drills.reason(done, Conditions.FAILED));
    }

    @Test
    void aTrainingJobOfItsNameLivesBesideIt() {
        stage.node("a", 7);
        drills.submit("a", 0);
        drills.awaitPods("a", 1, 8).forEach(stage::runs);
        var other = Jobs.mnist(stage.namespace, "a", 1);
        other.getSpec().getOutput().getStorage().setUri("pvc://models/a-trained");
        stage.submit(other);
        var worker = stage.awaitPod("a-tj-1-worker-0-0");
        stage.runs(worker);
        stage.await("a", Conditions.READY);
        drills.await("a", "at work", drill -> Drills.holds(drill, Conditions.READY));
        assertNotEquals(token("a-tj-peers"), token("a-dr-peers"));

        stage.gone(worker);
        stage.await("a", "in its second attempt", job -> job.getStatus().getAttempt() == 2);
        assertEquals(1, drills.get("a").getStatus().getAttempt(), "and the drill isn't touched by that");
        assertTrue(Drills.holds(drills.get("a"), Conditions.READY));
    }

    private static Outcome made(double score) {
        return new Outcome(
                Outcome.Reason.Succeeded,
                "done",
                new Outcome.Artifact("pvc://models/a", DIGEST, 1, Map.of("score", score)));
    }

    private String token(String secret) {
        return stage.client
                .secrets()
                .inNamespace(stage.namespace)
                .withName(secret)
                .get()
                .getData()
                .get("token");
    }
}
