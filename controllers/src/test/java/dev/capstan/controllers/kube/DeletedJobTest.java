package dev.capstan.controllers.kube;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.controllers.testing.Jobs;
import dev.capstan.controllers.testing.Stage;
import dev.capstan.crds.Conditions;
import dev.capstan.crds.testing.ApiServer;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A running job that is deleted: most often it is gone at once, and no pass sees it go. */
class DeletedJobTest {
    private static ApiServer api;

    @BeforeAll
    static void start() {
        api = ApiServer.shared();
    }

    @Test
    void itsWorkersAreAskedNoMore() throws InterruptedException {
        try (var stage = Stage.open(api, "deleted")) {
            stage.node("a", 1);
            stage.submit(Jobs.mnist(stage.namespace, "a", 1));
            stage.awaitPods("a", 1, 1).forEach(stage::runs);
            stage.await("a", Conditions.READY);
            // Nobody is at the pod's address.
            var deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
            while (asked(stage) < 2) {
                assertTrue(System.nanoTime() < deadline, "asked again and again");
                Thread.sleep(50);
            }
            var answer = api.kubectl("delete", "trainingjob", "a", "--namespace=" + stage.namespace);
            assertTrue(answer.contains("deleted"), answer);
            double before = awaitStill(stage);
            Thread.sleep(3000);
            assertEquals(before, asked(stage));
        }
    }

    /** Such as one of a backup or an audit, whose owner may be away for days. */
    @Test
    void aFinalizerOfSomebodysKeepsTheJobAndNotItsGpus() {
        try (var stage = Stage.open(api, "held")) {
            stage.node("a", 1);
            stage.submit(Jobs.mnist(stage.namespace, "a", 1));
            stage.awaitPods("a", 1, 1).forEach(stage::runs);
            stage.await("a", Conditions.READY);
            stage.submit(Jobs.mnist(stage.namespace, "b", 1));
            stage.awaitReason("b", Conditions.ADMITTED, "WaitingForCapacity");
            finalizers(stage, "[\"example.com/audit\"]");
            api.kubectl("delete", "trainingjob", "a", "--wait=false", "--namespace=" + stage.namespace);
            var pod = stage.pods("a", 1).getFirst();
            stage.client
                    .resource(pod)
                    .waitUntilCondition(
                            there -> there.getMetadata().getDeletionTimestamp() != null, 20, TimeUnit.SECONDS);
            stage.gone(pod);
            stage.await("b", Conditions.ADMITTED);
            assertNotNull(stage.job("a"), "what others have written on it is others' to take away");
            finalizers(stage, "[]");
        }
    }

    private static void finalizers(Stage stage, String list) {
        api.kubectl(
                "patch",
                "trainingjob",
                "a",
                "--namespace=" + stage.namespace,
                "--type=merge",
                "--patch={\"metadata\": {\"finalizers\": " + list + "}}");
    }

    /** Waits until the operator has heard of the deletion, and answers how often was asked by then. */
    private static double awaitStill(Stage stage) throws InterruptedException {
        var deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (true) {
            double before = asked(stage);
            // One that is under way may take a second.
            Thread.sleep(1500);
            if (asked(stage) == before) {
                return before;
            }
            assertTrue(System.nanoTime() < deadline, "asked again and again");
        }
    }

    private static double asked(Stage stage) {
        return stage.registry.counter("capstan.progress.unreachable").count();
    }
}
