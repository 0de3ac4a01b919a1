package dev.capstan.controllers.job;

import dev.capstan.crds.EarlyStopping;
import dev.capstan.crds.GradientClipping;
import dev.capstan.crds.LearningRateSchedule;
import dev.capstan.crds.Optimizer;
import dev.capstan.protocol.Training;
import dev.capstan.protocol.Training.Decay;

/** How a model learns, in the worker's terms: blocks that several kinds have. Null stays null. */
public final class LearningMapper {
    private LearningMapper() {}

    /** How gradients become updates. */
    public static dev.capstan.protocol.Optimizer optimizer(Optimizer optimizer) {
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

    /** How the learning rate changes. */
    public static Training.Schedule schedule(LearningRateSchedule schedule) {
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

    /** Bound of the gradient. */
    public static Training.Clipping clipping(GradientClipping clipping) {
        return clipping == null
                ? null
                : new Training.Clipping(orZero(clipping.getMaxNorm()), orZero(clipping.getMaxValue()));
    }

    /** When to stop early. */
    public static Training.EarlyStopping stopping(EarlyStopping stopping) {
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

    private static double orZero(Double number) {
        return number == null ? 0 : number;
    }
}
