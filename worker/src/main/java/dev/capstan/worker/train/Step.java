package dev.capstan.worker.train;

import dev.capstan.protocol.Training;
import dev.capstan.worker.data.Samples;
import dev.capstan.worker.step.Batch;
import dev.capstan.worker.step.Engine;
import dev.capstan.worker.step.Exchange;
import dev.capstan.worker.step.Flat;
import dev.capstan.worker.step.Objective;
import dev.capstan.worker.step.Optimizer;
import dev.capstan.worker.step.Slice;
import dev.capstan.worker.step.Stage;
import dev.capstan.worker.step.Weights;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * One step of synchronous training: the stage computes the gradient of this rank's share of the batch against the
 * objective, the exchange sums the gradients, the weights' transforms have their say, and the optimizer makes the same
 * update on every rank. A stage's gradient is a sum over samples, which the optimizer divides by the batch size that it
 * is told: told the whole batch's, shares of unequal size come out exact.
 *
 * <p>Not so batch normalization. Each rank normalizes by the mean and variance of its own share, so a gang of four at a
 * batch of 128 trains as one worker at batches of 32 does in this respect, and another model than one worker at 128;
 * with shares of a handful of samples it may train badly. What the ranks' running means and variances change by is
 * averaged, each rank's weighted with its samples, so all ranks keep the same; the variance between the ranks' means
 * isn't in it. A rank's share has at least two samples or none, where the variance of one would be 0.
 *
 * <p>A share may be computed in parts, one after the other, whose gradients are added up (gradient accumulation): the
 * same gradient but for rounding, from less memory. Batch normalization normalizes each part by itself, as it does each
 * rank's share.
 *
 * <p>Dropout draws from (seed, step, rank): a training that goes on from a checkpoint draws what it would have drawn,
 * and ranks draw differently.
 */
final class Step {
    private final Stage stage;
    private final Optimizer optimizer;
    private final List<Weights> transforms = new ArrayList<>();
    private final Exchange exchange;
    private final List<Slice> statistics;
    private final Samples samples;
    private final Filler filler;
    private final long seed;
    private final int parts;
    /** What the parts before have added up to; null where there is but one. */
    private final Flat sum;

    private final Finite finite = new Finite();
    private final Pace pace = new Pace();
    private final Map<Integer, Batch> batches = new HashMap<>();

    /**
     * @param engine what computes
     * @param samples to train on
     * @param objective what the model should answer to them
     * @param training seed and clipping
     * @param exchange with the other ranks
     * @param more what is done to gradient and parameters besides; it sees the gradient before, and the parameters
     *     after, all that training and model ask for
     */
    Step(
            Engine engine,
            Samples samples,
            Objective objective,
            Training training,
            Exchange exchange,
            List<Weights> more) {
        stage = engine.stage();
        optimizer = engine.optimizer();
        transforms.addAll(more);
        if (training.clipping() != null) {
            transforms.add(new Clipping(training.clipping(), stage.slices()));
        }
        transforms.add(engine.constraints());
        this.exchange = exchange;
        statistics = stage.slices().stream()
                .filter(each -> each.kind() == Slice.Kind.STATISTIC)
                .toList();
        this.samples = samples;
        filler = new Filler(samples, objective, stage.classes());
        seed = training.seed();
        parts = training.parts();
        sum = parts == 1 ? null : stage.gradient().copy();
    }

    /** How long this rank computes. */
    Pace pace() {
        return pace;
    }

    /**
     * Trains on one batch.
     *
     * @param order the epoch's order of samples
     * @param batch the places of the batch, of all ranks
     * @return the loss before the update, summed over the batch's samples
     */
    double train(int[] order, Schedule.Range batch) {
        long began = System.nanoTime();
        double loss = computeGradient(order, batch);
        finite.check(stage, exchange.rank());
        finite.check(loss, "rank " + exchange.rank() + "'s loss");
        pace.computed(System.nanoTime() - began);
        double whole = exchange.sum(stage.gradient(), loss);
        began = System.nanoTime();
        transforms.forEach(each -> each.reduced(stage.gradient(), batch.size()));
        optimizer.update(batch.size());
        transforms.reversed().forEach(each -> each.updated(stage.parameters()));
        pace.computed(System.nanoTime() - began);
        return whole;
    }

    /** @return the loss of this rank's share, summed over it */
    private double computeGradient(int[] order, Schedule.Range batch) {
        int fewest = stage.fewestSamples();
        var share = batch.share(exchange.rank(), exchange.ranks(), fewest);
        long drawn = mixed(mixed(mixed(seed) + optimizer.step()) + exchange.rank());
        if (share.size() == 0) {
            // An optimizer may need what a stage makes along with a gradient.
            computeGradient(order, new Schedule.Range(batch.from(), batch.from() + fewest), batch, drawn);
            stage.gradient().clear();
            return 0;
        }
        double loss = 0;
        for (int part = 0; part < parts; part++) {
            var range = share.share(part, parts, fewest);
            if (range.size() == 0) {
                continue;
            }
            loss += computeGradient(order, range, batch, part == 0 ? drawn : mixed(drawn + part));
            if (range.size() == share.size()) {
                return loss;
            }
            if (range.from() == share.from()) {
                sum.set(stage.gradient());
            } else {
                sum.add(stage.gradient());
            }
        }
        stage.gradient().set(sum);
        return loss;
    }

    private double computeGradient(int[] order, Schedule.Range range, Schedule.Range batch, long drawn) {
        var places = batches.computeIfAbsent(range.size(), rows -> stage.batch(rows, samples.shape()));
        filler.fill(places, order, range);
        double loss = stage.computeGradient(places, drawn);
        if (range.size() < batch.size()) {
            // Means, where all else is a sum.
            statistics.forEach(each -> stage.gradient().scale(each, (double) range.size() / batch.size()));
        }
        return loss * range.size();
    }

    /** Spreads a number over all bits: the finalizer of SplitMix64 (Steele, Lea and Flood 2014). */
    private static long mixed(long number) {
        long z = number + 0x9e3779b97f4a7c15L;
        z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return z ^ (z >>> 31);
    }
}
