package dev.capstan.controllers.compression;

import dev.capstan.controllers.job.DataMapper;
import dev.capstan.controllers.job.LearningMapper;
import dev.capstan.controllers.pods.StoragePaths;
import dev.capstan.crds.ModelJar;
import dev.capstan.crds.compression.Calibration;
import dev.capstan.crds.compression.CompressionJob;
import dev.capstan.crds.compression.FineTune;
import dev.capstan.crds.compression.Prune;
import dev.capstan.crds.compression.PruneGranularity;
import dev.capstan.crds.compression.Quantize;
import dev.capstan.crds.compression.Scheme;
import dev.capstan.crds.compression.Step;
import dev.capstan.protocol.Acceptance;
import dev.capstan.protocol.CompressionStep;
import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Training;
import dev.capstan.protocol.Work;

/** Model, steps and bounds of a job, in the worker's terms. */
final class CompressionMapper {
    private static final int HALF = 50;

    private CompressionMapper() {}

    static Work.Compress of(CompressionJob job) {
        var spec = job.getSpec();
        return new Work.Compress(
                from(job),
                jar(spec.getModel().getJar()),
                DataMapper.of(spec.data()),
                spec.getSteps().stream().map(CompressionMapper::step).toList(),
                spec.acceptance().map(CompressionMapper::acceptance).orElse(null));
    }

    /** Another job's artifact is the one that was found when that job was complete, whatever lies there now. */
    private static JobFile.From from(CompressionJob job) {
        var from = job.getSpec().getModel().getFrom();
        if (from.getUri() != null) {
            return new JobFile.From(StoragePaths.of(from.getUri(), from.getS3()), null);
        }
        var found = job.getStatus().getModel();
        return new JobFile.From(StoragePaths.of(found.getUri(), found.getS3()), found.getDigest());
    }

    private static JobFile.Place jar(ModelJar jar) {
        return jar == null ? null : StoragePaths.of(jar.getUri(), jar.getS3());
    }

    private static CompressionStep step(Step step) {
        return step.getPrune() == null ? quantize(step.getQuantize()) : prune(step.getPrune());
    }

    private static CompressionStep.Prune prune(Prune prune) {
        boolean half = prune.granularity() == PruneGranularity.TWO_OF_FOUR;
        return new CompressionStep.Prune(
                switch (prune.granularity()) {
                    case WEIGHT -> CompressionStep.Prune.Granularity.WEIGHT;
                    case TWO_OF_FOUR -> CompressionStep.Prune.Granularity.TWO_OF_FOUR;
                    case UNIT -> CompressionStep.Prune.Granularity.UNIT;
                },
                switch (prune.method()) {
                    case L1 -> CompressionStep.Prune.Norm.L1;
                    case L2 -> CompressionStep.Prune.Norm.L2;
                },
                half ? HALF : prune.getSparsityPercent(),
                switch (prune.scope()) {
                    case LAYER -> CompressionStep.Prune.Scope.LAYER;
                    case GLOBAL -> CompressionStep.Prune.Scope.GLOBAL;
                },
                prune.exclude(),
                prune.getFineTune() == null ? null : training(prune.getFineTune()));
    }

    /** Penalties and weights of classes are the model's own. */
    private static Training training(FineTune tune) {
        return new Training(
                tune.getEpochs(),
                tune.getBatchSize(),
                LearningMapper.optimizer(tune.getOptimizer()),
                LearningMapper.schedule(tune.getLearningRateSchedule()),
                0,
                0,
                LearningMapper.clipping(tune.getGradientClipping()),
                tune.validationSplit(),
                LearningMapper.stopping(tune.getEarlyStopping()),
                null,
                tune.seed());
    }

    private static CompressionStep.Quantize quantize(Quantize quantize) {
        var weights = quantize.weights();
        return new CompressionStep.Quantize(
                scheme(quantize.activations().scheme()),
                scheme(weights.scheme()),
                switch (weights.granularity()) {
                    case TENSOR -> CompressionStep.Quantize.Granularity.TENSOR;
                    case CHANNEL -> CompressionStep.Quantize.Granularity.CHANNEL;
                },
                switch (weights.range()) {
                    case AUTO -> CompressionStep.Quantize.WeightRange.AUTO;
                    case FULL -> CompressionStep.Quantize.WeightRange.FULL;
                    case REDUCED -> CompressionStep.Quantize.WeightRange.REDUCED;
                },
                calibration(quantize.calibration()),
                quantize.biasCorrection(),
                quantize.exclude(),
                quantize.maxDrop().orElse(null));
    }

    private static CompressionStep.Quantize.Scheme scheme(Scheme scheme) {
        return switch (scheme) {
            case SYMMETRIC -> CompressionStep.Quantize.Scheme.SYMMETRIC;
            case ASYMMETRIC -> CompressionStep.Quantize.Scheme.ASYMMETRIC;
        };
    }

    private static CompressionStep.Calibration calibration(Calibration calibration) {
        return switch (calibration.method()) {
            case MIN_MAX ->
                new CompressionStep.Calibration(CompressionStep.Calibration.Method.MIN_MAX, 0, calibration.samples());
            case PERCENTILE ->
                new CompressionStep.Calibration(
                        CompressionStep.Calibration.Method.PERCENTILE, calibration.percentile(), calibration.samples());
            case ENTROPY ->
                new CompressionStep.Calibration(CompressionStep.Calibration.Method.ENTROPY, 0, calibration.samples());
        };
    }

    private static Acceptance acceptance(dev.capstan.crds.compression.Acceptance acceptance) {
        return new Acceptance(
                acceptance
                        .maxDrop()
                        .map(drop -> switch (acceptance.metric()) {
                            case ACCURACY -> Acceptance.Metric.ACCURACY;
                        })
                        .orElse(null),
                acceptance.maxDrop().orElse(null),
                acceptance.minCompressionRatio().orElse(null),
                acceptance.maxLatencyRatio().orElse(null));
    }
}
