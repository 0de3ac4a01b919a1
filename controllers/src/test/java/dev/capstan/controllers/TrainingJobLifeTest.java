package dev.capstan.controllers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.controllers.testing.Jobs;
import dev.capstan.controllers.testing.Stage;
import dev.capstan.crds.Conditions;
import dev.capstan.crds.Reasons;
import dev.capstan.crds.testing.ApiServer;
import dev.capstan.protocol.Outcome;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class TrainingJobLifeTest {
    private static final Outcome SUCCESS = new Outcome(
            Outcome.Reason.Succeeded,
            "done",
            new Outcome.Artifact("pvc://models/a", "sha256:" + "0".repeat(64), 407056, Map.of("accuracy", 0.9761)));

    private static ApiServer api;

    @BeforeAll
    static void start() {
        api = ApiServer.shared();
    }

    @Test
    void aJobIsGrantedPlacesStartsTrainsAndCompletes() {
        try (var stage = Stage.open(api, "life")) {
            stage.node("a", 2);
            stage.submit(Jobs.mnist(stage.namespace, "a", 2));

            var pods = stage.awaitPods("a", 1, 2);
            assertEquals("a-1-worker-0-0", pods.getFirst().getMetadata().getName());
            assertEquals(
                    Reasons.PLACES_GRANTED,
                    stage.condition("a", Conditions.ADMITTED).getReason());
            pods.forEach(stage::runs);
            var running = stage.await("a", Conditions.READY);
            assertEquals("2/2", running.getStatus().getWorkers().getSummary());
            assertNotNull(running.getStatus().getStartTime());

            stage.ends(pods.get(0), SUCCESS);
            stage.ends(pods.get(1), new Outcome(Outcome.Reason.Succeeded, "done", null));
            var done = stage.await("a", Conditions.COMPLETE);
            assertEquals("0.9761", done.getStatus().getArtifact().getMetrics().get("accuracy"));
            assertTrue(
                    stage.client.v1().events().inNamespace(stage.namespace).list().getItems().stream()
                            .anyMatch(event -> event.getReason().equals("Completed")),
                    "an event tells that it completed");
        }
    }
}
