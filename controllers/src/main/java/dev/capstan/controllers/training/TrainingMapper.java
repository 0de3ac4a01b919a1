package dev.capstan.controllers.training;

import dev.capstan.crds.training.ClassWeights;
import dev.capstan.crds.training.EarlyStopping;
import dev.capstan.crds.training.GradientClipping;
import dev.capstan.crds.training.LearningRateSchedule;
import dev.capstan.crds.training.Optimizer;
import dev.capstan.protocol.Training;
import dev.capstan.protocol.Training.Decay;

/** How a job trains, in the worker's terms. */
final class TrainingMapper {
    private TrainingMapper() {}

    static Training of(dev.capstan.crds.training.Training training) {
        return new Training(
                training.getEpochs(),
                training.getBatchSize(),
                optimizer(training.getOptimizer()),
                schedule(training.getLearningRateSchedule()),
                training.l1(),
                training.l2(),
                clipping(training.getGradientClipping()),
                training.validationSplit(),
                stopping(training.getEarlyStopping()),
                weights(training.getClassWeights()),
                training.seed());
    }

    private static dev.capstan.protocol.Optimizer optimizer(Optimizer optimizer) {
        if (optimizer == null) {
            return null;
        }
        if (optimizer.getAdam() != null) {
            var adam = optimizer.getAdam();
            return new dev.capstan.protocol.Optimizer.Adam(
                    adam.learningRate(), adam.beta1(), adam.beta2(), adam.epsilon());
        }
        if (optimizer.getAdamW() != null) {
            var adamW = optimizer.getAdamW();
            return new dev.capstan.protocol.Optimizer.AdamW(
                    adamW.learningRate(), adamW.beta1(), adamW.beta2(), adamW.epsilon(), adamW.weightDecay());
        }
        if (optimizer.getNesterov() != null) {
            var nesterov = optimizer.getNesterov();
            return new dev.capstan.protocol.Optimizer.Nesterov(nesterov.getLearningRate(), nesterov.momentum());
        }
        if (optimizer.getRmsProp() != null) {
            var rmsProp = optimizer.getRmsProp();
            return new dev.capstan.protocol.Optimizer.RmsProp(
                    rmsProp.learningRate(), rmsProp.decay(), rmsProp.epsilon());
        }
        if (optimizer.getAdaGrad() != null) {
            var adaGrad = optimizer.getAdaGrad();
            return new dev.capstan.protocol.Optimizer.AdaGrad(adaGrad.learningRate(), adaGrad.epsilon());
        }
        return new dev.capstan.protocol.Optimizer.Sgd(optimizer.getSgd().getLearningRate());
    }

    private static Training.Schedule schedule(LearningRateSchedule schedule) {
        return schedule == null ? null : new Training.Schedule(decay(schedule), schedule.warmupSteps());
    }

    private static Decay decay(LearningRateSchedule schedule) {
        if (schedule.getStep() != null) {
            return new Decay.Step(
                    schedule.getStep().getEveryEpochs(), schedule.getStep().getFactor());
        }
        if (schedule.getExponential() != null) {
            return new Decay.Exponential(schedule.getExponential().getFactor());
        }
        return schedule.getPolynomial() == null
                ? null
                : new Decay.Polynomial(schedule.getPolynomial().power());
    }

    private static Training.Clipping clipping(GradientClipping clipping) {
        return clipping == null
                ? null
                : new Training.Clipping(orZero(clipping.getMaxNorm()), orZero(clipping.getMaxValue()));
    }

    private static Training.EarlyStopping stopping(EarlyStopping stopping) {
        return stopping == null
                ? null
                : new Training.EarlyStopping(
                        switch (stopping.metric()) {
                            case LOSS -> Training.EarlyStopping.Metric.LOSS;
                            case ACCURACY -> Training.EarlyStopping.Metric.ACCURACY;
                        },
                        stopping.patience(),
                        stopping.minDelta(),
                        stopping.restoreBest());
    }

    private static Training.ClassWeights weights(ClassWeights weights) {
        return weights == null ? null : new Training.ClassWeights(weights.balanced(), weights.getValues());
    }

    private static double orZero(Double number) {
        return number == null ? 0 : number;
    }
}
