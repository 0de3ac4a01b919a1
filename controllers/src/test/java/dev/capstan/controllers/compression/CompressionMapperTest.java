package dev.capstan.controllers.compression;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.capstan.crds.Adam;
import dev.capstan.crds.Artifact;
import dev.capstan.crds.EarlyStopping;
import dev.capstan.crds.ModelFrom;
import dev.capstan.crds.ModelJar;
import dev.capstan.crds.Optimizer;
import dev.capstan.crds.compression.Acceptance;
import dev.capstan.crds.compression.ActivationQuantization;
import dev.capstan.crds.compression.Calibration;
import dev.capstan.crds.compression.CalibrationMethod;
import dev.capstan.crds.compression.CompressionJob;
import dev.capstan.crds.compression.CompressionJobStatus;
import dev.capstan.crds.compression.FineTune;
import dev.capstan.crds.compression.Prune;
import dev.capstan.crds.compression.PruneGranularity;
import dev.capstan.crds.compression.PruneMethod;
import dev.capstan.crds.compression.PruneScope;
import dev.capstan.crds.compression.Quantize;
import dev.capstan.crds.compression.Scheme;
import dev.capstan.crds.compression.Step;
import dev.capstan.crds.compression.WeightGranularity;
import dev.capstan.crds.compression.WeightQuantization;
import dev.capstan.crds.compression.WeightRange;
import dev.capstan.protocol.CompressionStep;
import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Training;
import dev.capstan.protocol.Work;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A spec in the worker's terms, with every default spelled out. */
class CompressionMapperTest {
    private final CompressionJob job =
            CompressionJobs.job("team-a", "small", new ModelFrom().setUri("pvc://models/base"));

    @Test
    void defaultsAreSpelledOut() {
        assertEquals(
                List.of(
                        new CompressionStep.Prune(
                                CompressionStep.Prune.Granularity.WEIGHT,
                                CompressionStep.Prune.Norm.L1,
                                50,
                                CompressionStep.Prune.Scope.LAYER,
                                List.of(),
                                null),
                        new CompressionStep.Quantize(
                                CompressionStep.Quantize.Scheme.ASYMMETRIC,
                                CompressionStep.Quantize.Scheme.SYMMETRIC,
                                CompressionStep.Quantize.Granularity.CHANNEL,
                                CompressionStep.Quantize.WeightRange.AUTO,
                                new CompressionStep.Calibration(CompressionStep.Calibration.Method.MIN_MAX, 0, 512),
                                true,
                                List.of(),
                                null)),
                work().steps());
        assertEquals(
                new dev.capstan.protocol.Acceptance(dev.capstan.protocol.Acceptance.Metric.ACCURACY, 0.01, null, null),
                work().acceptance());
        assertEquals(
                "/var/capstan/volumes/datasets/mnist/test",
                work().data().test().place().path());
        assertEquals(
                new JobFile.From(
                        new JobFile.Place("/var/capstan/volumes/models/base", "pvc://models/base", null), null),
                work().from());
    }

    @Test
    void everythingThatCanBeSaidIsPassedOn() {
        job.getSpec()
                .setSteps(List.of(
                        new Step()
                                .setPrune(new Prune()
                                        .setGranularity(PruneGranularity.UNIT)
                                        .setMethod(PruneMethod.L2)
                                        .setSparsityPercent(30)
                                        .setScope(PruneScope.GLOBAL)
                                        .setExclude(List.of("layer0"))
                                        .setFineTune(new FineTune()
                                                .setEpochs(3)
                                                .setBatchSize(64)
                                                .setOptimizer(new Optimizer().setAdam(new Adam()))
                                                .setValidationSplit(0.1)
                                                .setEarlyStopping(new EarlyStopping())
                                                .setSeed(7L))),
                        new Step().setPrune(new Prune().setGranularity(PruneGranularity.TWO_OF_FOUR)),
                        new Step()
                                .setQuantize(new Quantize()
                                        .setActivations(new ActivationQuantization().setScheme(Scheme.SYMMETRIC))
                                        .setWeights(new WeightQuantization()
                                                .setScheme(Scheme.ASYMMETRIC)
                                                .setGranularity(WeightGranularity.TENSOR)
                                                .setRange(WeightRange.REDUCED))
                                        .setCalibration(new Calibration()
                                                .setMethod(CalibrationMethod.PERCENTILE)
                                                .setSamples(100))
                                        .setBiasCorrection(false)
                                        .setExclude(List.of("layer1"))
                                        .setMaxDrop("0.005"))));
        job.getSpec()
                .setAcceptance(new Acceptance().setMinCompressionRatio("3.9").setMaxLatencyRatio("0.5"));
        assertEquals(
                List.of(
                        new CompressionStep.Prune(
                                CompressionStep.Prune.Granularity.UNIT,
                                CompressionStep.Prune.Norm.L2,
                                30,
                                CompressionStep.Prune.Scope.GLOBAL,
                                List.of("layer0"),
                                new Training(
                                        3,
                                        64,
                                        new dev.capstan.protocol.Optimizer.Adam(0.001, 0.9, 0.999, 1e-8),
                                        null,
                                        0,
                                        0,
                                        null,
                                        0.1,
                                        new Training.EarlyStopping(Training.EarlyStopping.Metric.LOSS, 3, 0, true),
                                        null,
                                        7)),
                        new CompressionStep.Prune(
                                CompressionStep.Prune.Granularity.TWO_OF_FOUR,
                                CompressionStep.Prune.Norm.L1,
                                50,
                                CompressionStep.Prune.Scope.LAYER,
                                List.of(),
                                null),
                        new CompressionStep.Quantize(
                                CompressionStep.Quantize.Scheme.SYMMETRIC,
                                CompressionStep.Quantize.Scheme.ASYMMETRIC,
                                CompressionStep.Quantize.Granularity.TENSOR,
                                CompressionStep.Quantize.WeightRange.REDUCED,
                                new CompressionStep.Calibration(
                                        CompressionStep.Calibration.Method.PERCENTILE, 99.99, 100),
                                false,
                                List.of("layer1"),
                                0.005)),
                work().steps());
        assertEquals(new dev.capstan.protocol.Acceptance(null, null, 3.9, 0.5), work().acceptance());
        assertNull(work().jar());
        job.getSpec().getModel().setJar(new ModelJar().setUri("pvc://code/layers.jar"));
        assertEquals(
                new JobFile.Place("/var/capstan/volumes/code/layers.jar", "pvc://code/layers.jar", null), work().jar());
        assertEquals(
                List.of(
                        "pvc://datasets/mnist/train",
                        "pvc://datasets/mnist/test",
                        "pvc://models/base",
                        "pvc://code/layers.jar"),
                new CompressionDescription(job)
                        .inputs().stream().map(each -> each.uri()).toList(),
                "what has to be mounted");
    }

    @Test
    void withoutDataAndBoundsThereAreNone() {
        job.getSpec().setData(null).setAcceptance(null);
        assertEquals(new JobFile.Data(null, null), work().data());
        assertNull(work().acceptance());
    }

    @Test
    void anotherJobsModelIsTheOneThatWasFound() {
        job.getSpec().getModel().setFrom(CompressionJobs.compression("other"));
        var status = new CompressionJobStatus();
        status.setModel(new Artifact().setUri("pvc://models/other").setDigest(CompressionJobs.DIGEST));
        job.setStatus(status);
        assertEquals(
                new JobFile.From(
                        new JobFile.Place("/var/capstan/volumes/models/other", "pvc://models/other", null),
                        CompressionJobs.DIGEST),
                work().from());
    }

    private Work.Compress work() {
        return CompressionMapper.of(job);
    }
}
