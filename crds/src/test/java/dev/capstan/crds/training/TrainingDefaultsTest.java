package dev.capstan.crds.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.crds.CsvOptions;
import io.fabric8.kubernetes.client.utils.Serialization;
import org.junit.jupiter.api.Test;

class TrainingDefaultsTest {
    private final TrainingJobSpec least =
            Serialization.unmarshal(Jobs.least().toString(), TrainingJob.class).getSpec();
    private final TrainingJobSpec full =
            Serialization.unmarshal(Jobs.full().toString(), TrainingJob.class).getSpec();

    @Test
    void whatTheSpecLeavesOutHasItsDefault() {
        assertEquals(1, TrainingDefaults.replicas(least));
        assertEquals("installed:1", TrainingDefaults.image(least, "installed:1"));
        assertEquals(Strategy.DATA_PARALLEL, TrainingDefaults.strategy(least));
        assertEquals(300, TrainingDefaults.timeoutSeconds(least));
        assertEquals(10, TrainingDefaults.maxRestarts(least));
        assertEquals(0, TrainingDefaults.seed(least.getTraining()));
        assertFalse(TrainingDefaults.header((CsvOptions) null));
        assertEquals(-1, TrainingDefaults.labelColumn((CsvOptions) null));
        assertEquals(-1, TrainingDefaults.labelColumn(new CsvOptions()));
        assertEquals(0.9, TrainingDefaults.momentum(new Nesterov()));
        var adam = least.getTraining().getOptimizer().getAdam();
        assertEquals(0.001, TrainingDefaults.learningRate(adam));
        assertEquals(0.9, TrainingDefaults.beta1(adam));
        assertEquals(0.999, TrainingDefaults.beta2(adam));
        assertEquals(1e-8, TrainingDefaults.epsilon(adam));
    }

    @Test
    void whatTheSpecSaysHolds() {
        assertEquals(4, TrainingDefaults.replicas(full));
        assertEquals("registry.example.com/team/worker:1.0", TrainingDefaults.image(full, "installed:1"));
        assertEquals(42, TrainingDefaults.seed(full.getTraining()));
        assertTrue(TrainingDefaults.header(full.getData().getTrain().getCsv()));
        assertEquals(0, TrainingDefaults.labelColumn(full.getData().getTrain().getCsv()));
    }

    @Test
    void anEmptyImageIsTheInstalledOne() {
        full.getWorkers().setImage("");
        assertEquals("installed:1", TrainingDefaults.image(full, "installed:1"));
    }
}
