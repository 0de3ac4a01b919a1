package dev.capstan.controllers.training;

import dev.capstan.crds.training.ClassWeights;
import dev.capstan.crds.training.EarlyStopping;
import dev.capstan.crds.training.GradientClipping;
import dev.capstan.crds.training.LearningRateSchedule;
import dev.capstan.crds.training.Optimizer;
import dev.capstan.crds.training.TrainingDefaults;
import dev.capstan.protocol.Training;
import dev.capstan.protocol.Training.Decay;

/** How a job trains, in the worker's terms. */
final class TrainingTerms {
    private TrainingTerms() {}

    static Training of(dev.capstan.crds.training.Training training) {
        return new Training(
                training.getEpochs(),
                training.getBatchSize(),
                optimizer(training.getOptimizer()),
                schedule(training.getLearningRateSchedule()),
                TrainingDefaults.l1(training),
                TrainingDefaults.l2(training),
                clipping(training.getGradientClipping()),
                TrainingDefaults.validationSplit(training),
                stopping(training.getEarlyStopping()),
                weights(training.getClassWeights()),
                TrainingDefaults.seed(training));
    }

    private static dev.capstan.protocol.Optimizer optimizer(Optimizer optimizer) {
        if (optimizer == null) {
            return null;
        }
        if (optimizer.getAdam() != null) {
            var adam = optimizer.getAdam();
            return new dev.capstan.protocol.Optimizer.Adam(
                    TrainingDefaults.learningRate(adam),
                    TrainingDefaults.beta1(adam),
                    TrainingDefaults.beta2(adam),
                    TrainingDefaults.epsilon(adam));
        }
        if (optimizer.getAdamW() != null) {
            var adamW = optimizer.getAdamW();
            return new dev.capstan.protocol.Optimizer.AdamW(
                    TrainingDefaults.learningRate(adamW),
                    TrainingDefaults.beta1(adamW),
                    TrainingDefaults.beta2(adamW),
                    TrainingDefaults.epsilon(adamW),
                    TrainingDefaults.weightDecay(adamW));
        }
        if (optimizer.getNesterov() != null) {
            var nesterov = optimizer.getNesterov();
            return new dev.capstan.protocol.Optimizer.Nesterov(
                    nesterov.getLearningRate(), TrainingDefaults.momentum(nesterov));
        }
        if (optimizer.getRmsProp() != null) {
            var rmsProp = optimizer.getRmsProp();
            return new dev.capstan.protocol.Optimizer.RmsProp(
                    TrainingDefaults.learningRate(rmsProp),
                    TrainingDefaults.decay(rmsProp),
                    TrainingDefaults.epsilon(rmsProp));
        }
        if (optimizer.getAdaGrad() != null) {
            var adaGrad = optimizer.getAdaGrad();
            return new dev.capstan.protocol.Optimizer.AdaGrad(
                    TrainingDefaults.learningRate(adaGrad), TrainingDefaults.epsilon(adaGrad));
        }
        return new dev.capstan.protocol.Optimizer.Sgd(optimizer.getSgd().getLearningRate());
    }

    private static Training.Schedule schedule(LearningRateSchedule schedule) {
        return schedule == null ? null : new Training.Schedule(decay(schedule), TrainingDefaults.warmupSteps(schedule));
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
                : new Decay.Polynomial(TrainingDefaults.power(schedule.getPolynomial()));
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
                        switch (TrainingDefaults.metric(stopping)) {
                            case LOSS -> Training.EarlyStopping.Metric.LOSS;
                            case ACCURACY -> Training.EarlyStopping.Metric.ACCURACY;
                        },
                        TrainingDefaults.patience(stopping),
                        TrainingDefaults.minDelta(stopping),
                        TrainingDefaults.restoreBest(stopping));
    }

    private static Training.ClassWeights weights(ClassWeights weights) {
        return weights == null
                ? null
                : new Training.ClassWeights(TrainingDefaults.balanced(weights), weights.getValues());
    }

    private static double orZero(Double number) {
        return number == null ? 0 : number;
    }
}
