package dev.capstan.crds.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.crds.CsvOptions;
import dev.capstan.crds.EnvironmentVariable;
import dev.capstan.crds.IfExists;
import dev.capstan.crds.ImageOptions;
import dev.capstan.crds.LocalReference;
import dev.capstan.crds.S3;
import dev.capstan.crds.TextOptions;
import dev.capstan.crds.VolumeUri;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
    void theWorkersDefaults() {
        assertEquals(List.of(), TrainingDefaults.imagePullSecrets(least));
        assertEquals(List.of(), TrainingDefaults.env(least));
        assertEquals("", TrainingDefaults.value(new EnvironmentVariable()));
        assertEquals(Map.of(), TrainingDefaults.labels(least));
        assertEquals(Map.of(), TrainingDefaults.annotations(least));
        assertEquals(60, TrainingDefaults.terminationGracePeriodSeconds(least));
    }

    @Test
    void theLifesDefaults() {
        assertEquals(Optional.empty(), TrainingDefaults.priorityClassName(least));
        assertEquals(3, TrainingDefaults.maxCrashes(least));
        assertEquals(0, TrainingDefaults.everySteps(least));
        assertEquals(0, TrainingDefaults.everySeconds(least));
        assertEquals(2, TrainingDefaults.keep(least));
        assertEquals(new VolumeUri("models", "mnist/checkpoints"), TrainingDefaults.checkpointStorage(least));
        assertEquals(IfExists.FAIL, TrainingDefaults.ifExists(least.getOutput()));
        assertFalse(TrainingDefaults.suspend(least));
        assertEquals(Optional.empty(), TrainingDefaults.activeDeadline(least));
        assertEquals(Optional.empty(), TrainingDefaults.timeToLiveAfterFinished(least));
    }

    @Test
    void theDatasDefaults() {
        assertFalse(TrainingDefaults.checkFirst(least.getData()));
        assertEquals(1, TrainingDefaults.channels(new ImageOptions()));
        assertFalse(TrainingDefaults.header(new TextOptions()));
        assertEquals(0, TrainingDefaults.textColumn(new TextOptions()));
        assertEquals(-1, TrainingDefaults.labelColumn(new TextOptions()));
        assertEquals(10000, TrainingDefaults.vocabularySize(new TextOptions()));
        assertEquals(64, TrainingDefaults.maxLength(new TextOptions()));
        assertEquals("us-east-1", TrainingDefaults.region(new S3()));
    }

    @Test
    void theLayersDefaults() {
        assertEquals(1, TrainingDefaults.stride(new ConvolutionLayer()));
        assertEquals(Padding.VALID, TrainingDefaults.padding(new ConvolutionLayer()));
        assertEquals(3, TrainingDefaults.stride(new PoolingLayer().setKernelSize(3)));
        assertEquals(0.9, TrainingDefaults.decay(new BatchNormalizationLayer()));
        assertEquals(0.00001, TrainingDefaults.epsilon(new BatchNormalizationLayer()));
        assertEquals(Activation.TANH, TrainingDefaults.activation(new LstmLayer()));
        assertFalse(TrainingDefaults.returnSequences(new LstmLayer()));
    }

    @Test
    void theTrainingsDefaults() {
        assertEquals(0, TrainingDefaults.l1(least.getTraining()));
        assertEquals(0, TrainingDefaults.l2(least.getTraining()));
        assertEquals(0, TrainingDefaults.validationSplit(least.getTraining()));
        assertEquals(0.001, TrainingDefaults.learningRate(new AdamW()));
        assertEquals(0.9, TrainingDefaults.beta1(new AdamW()));
        assertEquals(0.999, TrainingDefaults.beta2(new AdamW()));
        assertEquals(1e-8, TrainingDefaults.epsilon(new AdamW()));
        assertEquals(0.01, TrainingDefaults.weightDecay(new AdamW()));
        assertEquals(0.001, TrainingDefaults.learningRate(new RmsProp()));
        assertEquals(0.9, TrainingDefaults.decay(new RmsProp()));
        assertEquals(1e-8, TrainingDefaults.epsilon(new RmsProp()));
        assertEquals(0.01, TrainingDefaults.learningRate(new AdaGrad()));
        assertEquals(1e-8, TrainingDefaults.epsilon(new AdaGrad()));
        assertEquals(1, TrainingDefaults.power(new PolynomialSchedule()));
        assertEquals(0, TrainingDefaults.warmupSteps(new LearningRateSchedule()));
        assertEquals(Metric.LOSS, TrainingDefaults.metric(new EarlyStopping()));
        assertEquals(3, TrainingDefaults.patience(new EarlyStopping()));
        assertEquals(0, TrainingDefaults.minDelta(new EarlyStopping()));
        assertTrue(TrainingDefaults.restoreBest(new EarlyStopping()));
        assertFalse(TrainingDefaults.balanced(new ClassWeights()));
    }

    @Test
    void whatTheSpecSaysHolds() {
        assertEquals(4, TrainingDefaults.replicas(full));
        assertEquals("registry.example.com/team/worker:1.0", TrainingDefaults.image(full, "installed:1"));
        assertEquals(42, TrainingDefaults.seed(full.getTraining()));
        assertTrue(TrainingDefaults.header(full.getData().getTrain().getCsv()));
        assertEquals(0, TrainingDefaults.labelColumn(full.getData().getTrain().getCsv()));
        assertEquals(
                List.of("registry", "mirror"),
                TrainingDefaults.imagePullSecrets(full).stream()
                        .map(LocalReference::getName)
                        .toList());
        assertEquals(Map.of("team", "vision", "example.com/cost", "a1"), TrainingDefaults.labels(full));
        assertEquals(Optional.of("high"), TrainingDefaults.priorityClassName(full));
        assertEquals(200, TrainingDefaults.everySteps(full));
        assertEquals(600, TrainingDefaults.everySeconds(full));
        assertEquals(3, TrainingDefaults.keep(full));
        assertEquals(new VolumeUri("checkpoints", "mnist"), TrainingDefaults.checkpointStorage(full));
        assertEquals(IfExists.REUSE, TrainingDefaults.ifExists(full.getOutput()));
        assertTrue(TrainingDefaults.checkFirst(full.getData()));
        assertEquals(Optional.of(Duration.ofDays(1)), TrainingDefaults.activeDeadline(full));
        assertEquals(Optional.of(Duration.ofHours(1)), TrainingDefaults.timeToLiveAfterFinished(full));
    }

    @Test
    void anEmptyImageIsTheInstalledOne() {
        full.getWorkers().setImage("");
        assertEquals("installed:1", TrainingDefaults.image(full, "installed:1"));
    }
}
