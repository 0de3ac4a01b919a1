package dev.capstan.controllers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.controllers.testing.CuttableLink;
import dev.capstan.controllers.testing.Jobs;
import dev.capstan.controllers.testing.Stage;
import dev.capstan.crds.Conditions;
import dev.capstan.crds.testing.ApiServer;
import java.io.IOException;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The API server is away, or its answers get lost. */
class OutageTest {
    private static ApiServer api;

    @BeforeAll
    static void start() {
        api = ApiServer.shared();
    }

    @Test
    void whatHappensWhileTheApiServerIsAwayIsDoneWhenItIsBack() throws IOException, InterruptedException {
        try (var link = new CuttableLink(api);
                var client = link.client();
                var stage = Stage.empty(api, "outage")) {
            stage.claim("datasets");
            stage.claim("models");
            stage.startControllers(client);
            stage.node("a", 2);
            stage.submit(Jobs.mnist(stage.namespace, "first", 1));
            var pods = stage.awaitPods("first", 1, 1);
            link.cut();
            pods.forEach(stage::runs);
            stage.submit(Jobs.mnist(stage.namespace, "second", 1));
            Thread.sleep(5000);
            link.mend();
            stage.await("first", Conditions.READY);
            stage.awaitPods("second", 1, 1);
            assertEquals(1, stage.job("first").getStatus().getAttempt(), "being away is no loss of a worker");
        }
    }

    @Test
    void aGrantWhoseAnswerIsLostHoldsItsPlacesAndIsFoundOut() throws IOException, InterruptedException {
        try (var link = new CuttableLink(api);
                var client = link.client();
                var stage = Stage.empty(api, "unknown")) {
            stage.claim("datasets");
            stage.claim("models");
            stage.startControllers(client);
            stage.submit(Jobs.mnist(stage.namespace, "first", 2));
            stage.await("first", "queued", job -> stage.condition("first", Conditions.ADMITTED) != null);
            Thread.sleep(500);

            // The node's coming is heard, then no answer is: what the loop writes arrives, and it can't know.
            stage.node("a", 2);
            stage.await("first", "granted", job -> job.getStatus().getAdmission() != null);
            link.deafen();
            stage.submit(Jobs.mnist(stage.namespace, "second", 2));
            Thread.sleep(3000);
            link.mend();
            stage.awaitPods("first", 1, 2).forEach(stage::runs);
            stage.await("first", Conditions.READY);
            stage.await(
                    "second",
                    "waiting for room",
                    job -> stage.condition("second", Conditions.RECONCILING)
                            .getMessage()
                            .contains("room for none"));
            assertTrue(stage.pods("second", 1).isEmpty(), "no place was given away twice");
        }
    }
}
