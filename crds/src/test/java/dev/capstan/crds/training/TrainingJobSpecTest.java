package dev.capstan.crds.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.crds.Checkpoints;
import dev.capstan.crds.Folder;
import dev.capstan.crds.IfExists;
import dev.capstan.crds.LocalReference;
import dev.capstan.crds.VolumeUri;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class TrainingJobSpecTest {
    private final TrainingJobSpec least =
            Serialization.unmarshal(Jobs.least().toString(), TrainingJob.class).getSpec();
    private final TrainingJobSpec full =
            Serialization.unmarshal(Jobs.full().toString(), TrainingJob.class).getSpec();

    @Test
    void whatTheSpecLeavesOutHasItsDefault() {
        assertEquals(1, least.workers().replicas());
        assertEquals("installed:1", least.workers().image("installed:1"));
        assertEquals(Strategy.DATA_PARALLEL, least.parallelism().strategy());
        assertEquals(300, least.scheduling().timeoutSeconds());
        assertEquals(Optional.empty(), least.scheduling().priorityClassName());
        assertEquals(Optional.empty(), least.scheduling().topology());
        assertEquals(10, least.failurePolicy().maxRestarts());
        assertEquals(3, least.failurePolicy().maxCrashes());
        assertEquals(0, least.checkpoint().everySteps());
        assertEquals(0, least.checkpoint().everySeconds());
        assertEquals(2, least.checkpoint().keep());
        assertEquals(new Folder(new VolumeUri("models", "mnist/checkpoints"), null), least.checkpointStorage());
        assertEquals(IfExists.FAIL, least.getOutput().ifExists());
        assertFalse(least.getData().checkFirst());
        assertEquals(0, least.getTraining().seed());
        assertEquals(0.001, least.getTraining().getOptimizer().getAdam().learningRate());
        assertFalse(least.suspend());
        assertEquals(Optional.empty(), least.activeDeadline());
        assertEquals(Optional.empty(), least.timeToLiveAfterFinished());
    }

    @Test
    void whatTheSpecSaysHolds() {
        assertEquals(4, full.workers().replicas());
        assertEquals("registry.example.com/team/worker:1.0", full.workers().image("installed:1"));
        assertEquals(
                List.of("registry", "mirror"),
                full.workers().imagePullSecrets().stream()
                        .map(LocalReference::getName)
                        .toList());
        assertEquals(
                Map.of("team", "vision", "example.com/cost", "a1"),
                full.workers().labels());
        assertEquals(Map.of("pool", "gpu"), full.workers().nodeSelector());
        assertEquals(90, full.workers().terminationGracePeriodSeconds());
        assertEquals(42, full.getTraining().seed());
        assertTrue(full.getData().getTrain().csv().header());
        assertEquals(new IntOrString("species"), full.getData().getTrain().csv().labelColumn());
        assertTrue(full.getData().checkFirst());
        assertEquals(Optional.of("high"), full.scheduling().priorityClassName());
        assertEquals(5, full.failurePolicy().maxCrashes());
        assertEquals(200, full.checkpoint().everySteps());
        assertEquals(600, full.checkpoint().everySeconds());
        assertFalse(full.checkpoint().findsInterval());
        var auto = new Checkpoints().setEverySeconds(new IntOrString("Auto"));
        assertEquals(0, auto.everySeconds());
        assertTrue(auto.findsInterval());
        assertEquals(3, full.checkpoint().keep());
        assertEquals(new Folder(new VolumeUri("checkpoints", "mnist"), null), full.checkpointStorage());
        assertEquals(IfExists.REUSE, full.getOutput().ifExists());
        assertEquals(Optional.of(Duration.ofDays(1)), full.activeDeadline());
        assertEquals(Optional.of(Duration.ofHours(1)), full.timeToLiveAfterFinished());
    }
}
