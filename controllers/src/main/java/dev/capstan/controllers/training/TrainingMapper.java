package dev.capstan.controllers.training;

import dev.capstan.controllers.job.LearningMapper;
import dev.capstan.crds.training.ClassWeights;
import dev.capstan.crds.training.Engine;
import dev.capstan.crds.training.Parallelism;
import dev.capstan.protocol.Training;
import dev.capstan.protocol.Wire;

/** How a job trains, in the worker's terms. */
final class TrainingMapper {
    private TrainingMapper() {}

    static Training of(dev.capstan.crds.training.Training training, Parallelism parallelism) {
        return new Training(
                training.getEpochs(),
                training.getBatchSize(),
                LearningMapper.optimizer(training.getOptimizer()),
                LearningMapper.schedule(training.getLearningRateSchedule()),
                training.l1(),
                training.l2(),
                LearningMapper.clipping(training.getGradientClipping()),
                training.validationSplit(),
                LearningMapper.stopping(training.getEarlyStopping()),
                weights(training.getClassWeights()),
                training.seed(),
                engine(training.engine()),
                parts(training.accumulateSteps()),
                wire(parallelism));
    }

    /** Spelled out, defaults are no other training. */
    private static Wire wire(Parallelism parallelism) {
        var frames = switch (parallelism.frames()) {
            case ENCRYPTED -> null;
            case PLAIN -> Wire.Frames.PLAIN;
        };
        var precision = switch (parallelism.gradients()) {
            case FP32 -> null;
            case BF16 -> Wire.Precision.BF16;
        };
        return frames == null && precision == null ? null : new Wire(frames, precision);
    }

    /** Spelled out, the default is no other training. */
    private static Integer parts(int accumulateSteps) {
        return accumulateSteps == dev.capstan.crds.training.Training.DEFAULT_ACCUMULATE_STEPS ? null : accumulateSteps;
    }

    /** Which one is faster, the worker finds out: it has model and data. */
    private static Training.Engine engine(Engine engine) {
        return switch (engine) {
            case AUTO -> null;
            case LIBTORCH -> Training.Engine.LIBTORCH;
            case DEEPLEARNING4J -> Training.Engine.DEEPLEARNING4J;
        };
    }

    private static Training.ClassWeights weights(ClassWeights weights) {
        return weights == null ? null : new Training.ClassWeights(weights.balanced(), weights.getValues());
    }
}
