package dev.capstan.worker.job;

import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Layer;
import dev.capstan.protocol.Optimizer;
import dev.capstan.protocol.Training;
import dev.capstan.protocol.Training.Decay;

/** What is wrong with how a model is to be trained. */
final class TrainingCheck {
    private final Problems problems;

    TrainingCheck(Problems problems) {
        this.problems = problems;
    }

    /** @param model that it trains; null if it goes on from an earlier one */
    void training(Training training, JobFile.Model model) {
        boolean layers = model != null && model.layers() != null;
        boolean script = model != null && model.torchScript() != null;
        problems.atLeastOne("training.epochs", training.epochs());
        problems.atLeastOne("training.batchSize", training.batchSize());
        problems.atLeastOne("training.accumulateSteps", training.parts());
        if (training.optimizer() != null) {
            optimizer(training.optimizer());
        } else {
            // Other models bring one.
            problems.require(!layers && !script, "training.optimizer is missing");
        }
        if (training.schedule() != null) {
            problems.require(
                    training.optimizer() != null,
                    "training.schedule is set without training.optimizer, whose learning rate it would change; set both");
            schedule(training.schedule());
        }
        penalty("training.l1", training.l1(), layers || script);
        penalty("training.l2", training.l2(), layers || script);
        if (training.clipping() != null) {
            clipping(training.clipping());
        }
        problems.fraction("training.validationSplit", training.validationSplit());
        if (training.earlyStopping() != null) {
            earlyStopping(training.earlyStopping());
            problems.require(
                    training.validationSplit() > 0,
                    "training.earlyStopping is set without training.validationSplit, on which it measures; set both");
        }
        if (training.classWeights() != null) {
            classWeights(training.classWeights());
            problems.require(
                    script
                            || layers
                                    && model.layers().getLast() instanceof Layer.Output output
                                    && "mcxent".equals(output.loss()),
                    "training.classWeights are set, but model.layers don't end in an output layer with the loss"
                            + " mcxent; only that one can weigh classes");
        }
    }

    private void optimizer(Optimizer optimizer) {
        problems.aboveZero("training.optimizer.learningRate", optimizer.learningRate());
        switch (optimizer) {
            case Optimizer.Sgd sgd -> {}
            case Optimizer.Nesterov nesterov -> problems.fraction("training.optimizer.momentum", nesterov.momentum());
            case Optimizer.Adam adam -> {
                problems.fraction("training.optimizer.beta1", adam.beta1());
                problems.fraction("training.optimizer.beta2", adam.beta2());
                problems.aboveZero("training.optimizer.epsilon", adam.epsilon());
            }
            case Optimizer.AdamW adamW -> {
                problems.fraction("training.optimizer.beta1", adamW.beta1());
                problems.fraction("training.optimizer.beta2", adamW.beta2());
                problems.aboveZero("training.optimizer.epsilon", adamW.epsilon());
                problems.notNegative("training.optimizer.weightDecay", adamW.weightDecay());
            }
            case Optimizer.RmsProp rmsProp -> {
                problems.fraction("training.optimizer.decay", rmsProp.decay());
                problems.aboveZero("training.optimizer.epsilon", rmsProp.epsilon());
            }
            case Optimizer.AdaGrad adaGrad -> problems.aboveZero("training.optimizer.epsilon", adaGrad.epsilon());
        }
    }

    private void schedule(Training.Schedule schedule) {
        problems.notNegative("training.schedule.warmupSteps", schedule.warmupSteps());
        var field = "training.schedule.decay";
        switch (schedule.decay()) {
            case null ->
                problems.require(
                        schedule.warmupSteps() > 0,
                        "training.schedule has neither a decay nor warmupSteps; it needs one of them");
            case Decay.Step(var everyEpochs, var factor) -> {
                problems.atLeastOne(field + ".everyEpochs", everyEpochs);
                problems.aboveZero(field + ".factor", factor);
            }
            case Decay.Exponential(var factor) -> problems.aboveZero(field + ".factor", factor);
            case Decay.Polynomial(var power) -> problems.aboveZero(field + ".power", power);
        }
    }

    private void penalty(String field, double factor, boolean layers) {
        problems.notNegative(field, factor);
        problems.require(
                factor == 0 || layers,
                field + " is " + factor
                        + ", but the model brings its own penalties; it must be 0 without model.layers");
    }

    private void clipping(Training.Clipping clipping) {
        problems.notNegative("training.clipping.maxNorm", clipping.maxNorm());
        problems.notNegative("training.clipping.maxValue", clipping.maxValue());
        problems.require(
                clipping.maxNorm() > 0 != clipping.maxValue() > 0,
                "training.clipping has maxNorm " + clipping.maxNorm() + " and maxValue " + clipping.maxValue()
                        + "; exactly one must be above 0");
    }

    private void earlyStopping(Training.EarlyStopping stopping) {
        problems.present("training.earlyStopping.metric", stopping.metric());
        problems.atLeastOne("training.earlyStopping.patience", stopping.patience());
        problems.notNegative("training.earlyStopping.minDelta", stopping.minDelta());
    }

    private void classWeights(Training.ClassWeights weights) {
        problems.require(
                weights.balanced() == (weights.values() == null),
                "training.classWeights has balanced: " + weights.balanced() + " and "
                        + (weights.values() == null ? "no" : weights.values().size())
                        + " values; it needs one of the two");
        if (weights.values() != null) {
            for (int i = 0; i < weights.values().size(); i++) {
                var value = weights.values().get(i);
                var field = "training.classWeights.values[" + i + "]";
                if (problems.present(field, value)) {
                    problems.aboveZero(field, value);
                }
            }
        }
    }
}
