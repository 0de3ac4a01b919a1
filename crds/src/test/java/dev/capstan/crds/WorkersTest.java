package dev.capstan.crds;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class WorkersTest {

    @Test
    void whatIsAbsentHasItsDefault() {
        var workers = new Workers();
        assertEquals(1, workers.replicas());
        assertEquals("installed:1", workers.image("installed:1"));
        assertEquals(List.of(), workers.imagePullSecrets());
        assertEquals(new WorkerResources(), workers.resources());
        assertEquals(List.of(), workers.env());
        assertEquals("", new EnvironmentVariable().value());
        assertEquals(Map.of(), workers.labels());
        assertEquals(Map.of(), workers.annotations());
        assertEquals(Map.of(), workers.nodeSelector());
        assertEquals(List.of(), workers.tolerations());
        assertEquals(60, workers.terminationGracePeriodSeconds());
    }

    @Test
    void anEmptyImageIsTheInstalledOne() {
        assertEquals("installed:1", new Workers().setImage("").image("installed:1"));
        assertEquals("own:2", new Workers().setImage("own:2").image("installed:1"));
    }
}
