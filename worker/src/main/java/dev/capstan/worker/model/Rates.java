package dev.capstan.worker.model;

import dev.capstan.protocol.Training;
import dev.capstan.protocol.Training.Decay;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.deeplearning4j.nn.updater.BaseMultiLayerUpdater;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.schedule.ExponentialSchedule;
import org.nd4j.linalg.schedule.FixedSchedule;
import org.nd4j.linalg.schedule.ISchedule;
import org.nd4j.linalg.schedule.MapSchedule;
import org.nd4j.linalg.schedule.RampSchedule;
import org.nd4j.linalg.schedule.ScheduleType;
import org.nd4j.linalg.schedule.StepSchedule;

/**
 * The learning rates of a network that trains. They are put where DL4J looks for them at each step, after the network
 * was built: while it is built, DL4J copies optimizers, and its copy of AdaGrad lacks the schedule.
 *
 * @param warming those that the warm-up is in; empty if there is none
 * @param rate at the beginning, or after the warm-up
 * @param decay null if the rate stays what it is
 * @param warmup with the decay in it; null if there is none
 */
record Rates(List<IUpdater> warming, double rate, ISchedule decay, ISchedule warmup) {
    /** Sets the rates as the training says; leaves alone those of a model that brings its own optimizer. */
    static Rates set(BaseMultiLayerUpdater<?> updater, Training training) {
        if (training.optimizer() == null || training.schedule() == null) {
            return new Rates(List.of(), 0, null, null);
        }
        double rate = training.optimizer().learningRate();
        var decay = decay(rate, training);
        Set<IUpdater> all = Collections.newSetFromMap(new IdentityHashMap<>());
        for (var block : updater.getUpdaterBlocks()) {
            for (var part : block.getLayersAndVariablesInBlock()) {
                all.add(part.getLayer().getConfig().getUpdaterByParam(part.getParamName()));
            }
        }
        all.stream().filter(IUpdater::hasLearningRate).forEach(each -> each.setLrAndSchedule(rate, decay));
        int steps = training.schedule().warmupSteps();
        if (steps == 0) {
            return new Rates(List.of(), rate, decay, null);
        }
        var warming = updater.getUpdaterBlocks().stream()
                .map(block -> block.getGradientUpdater().getConfig())
                .filter(IUpdater::hasLearningRate)
                .toList();
        var warmup = new RampSchedule(decay == null ? new FixedSchedule(rate) : decay, steps);
        warming.forEach(each -> each.setLrAndSchedule(rate, warmup));
        return new Rates(warming, rate, decay, warmup);
    }

    /**
     * What the supplier gives while the warm-up is left out. DL4J writes its ramp to JSON as an object without content,
     * which it can't read; what follows the ramp is what somebody needs who trains the model further.
     */
    <T> T afterWarmup(Supplier<T> supplier) {
        warming.forEach(each -> each.setLrAndSchedule(rate, decay));
        try {
            return supplier.get();
        } finally {
            warming.forEach(each -> each.setLrAndSchedule(rate, warmup));
        }
    }

    private static ISchedule decay(double rate, Training training) {
        return switch (training.schedule().decay()) {
            case null -> null;
            case Decay.Step(var everyEpochs, var factor) ->
                new StepSchedule(ScheduleType.EPOCH, rate, factor, everyEpochs);
            case Decay.Exponential(var factor) -> new ExponentialSchedule(ScheduleType.EPOCH, rate, factor);
            // DL4J's own polynomial rises: it adds where it should subtract.
            case Decay.Polynomial(var power) -> {
                var rates = new HashMap<Integer, Double>();
                for (int epoch = 0; epoch < training.epochs(); epoch++) {
                    rates.put(epoch, rate * Math.pow(1 - (double) epoch / training.epochs(), power));
                }
                yield new MapSchedule(ScheduleType.EPOCH, rates);
            }
        };
    }
}
