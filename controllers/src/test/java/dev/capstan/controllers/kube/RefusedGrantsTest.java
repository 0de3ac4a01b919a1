package dev.capstan.controllers.kube;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.controllers.testing.Jobs;
import dev.capstan.crds.training.TrainingJob;
import dev.capstan.crds.training.TrainingJobStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RefusedGrantsTest {
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

    private final RefusedGrants refused = new RefusedGrants();
    private final TrainingJob job = job();

    @Test
    void aJobRestsTwiceAsLongEachTimeUpToFiveMinutes() {
        var now = NOW;
        for (int seconds : List.of(5, 10, 20, 40, 80, 160, 300, 300)) {
            assertEquals(Duration.ofSeconds(seconds), refused.put(job, now));
            assertTrue(refused.rests(job));
            now = now.plusSeconds(seconds);
            assertEquals(List.of(), refused.over(now.minusMillis(1)));
            assertEquals(List.of("uid"), refused.over(now));
            assertFalse(refused.rests(job));
            assertEquals(List.of(), refused.over(now.plusSeconds(1)), "each end is told once");
        }
    }

    @Test
    void aChangeOfTheJobEndsItsRestAndOneOfItsStatusDoesNot() {
        refused.put(job, NOW);
        refused.put(job, NOW);
        var told = job();
        told.setStatus(new TrainingJobStatus());
        told.getMetadata().setResourceVersion("2");
        assertTrue(refused.rests(told));
        var changed = job();
        changed.getMetadata().setGeneration(2L);
        assertFalse(refused.rests(changed));
        var labelled = job();
        labelled.getMetadata().setLabels(Map.of("team", "vision"));
        assertFalse(refused.rests(labelled));
        assertEquals(Duration.ofSeconds(5), refused.put(labelled, NOW), "of the changed job it is the first");
    }

    @Test
    void aJobThatWasGrantedItsPlacesHasNoPast() {
        refused.put(job, NOW);
        refused.forget("uid");
        assertFalse(refused.rests(job));
        assertEquals(Duration.ofSeconds(5), refused.put(job, NOW));
    }

    private static TrainingJob job() {
        var job = Jobs.mnist("team", "a", 1);
        job.getMetadata().setUid("uid");
        job.getMetadata().setGeneration(1L);
        job.getMetadata().setResourceVersion("1");
        return job;
    }
}
