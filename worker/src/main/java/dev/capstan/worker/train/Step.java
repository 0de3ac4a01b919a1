package dev.capstan.worker.train;

import dev.capstan.protocol.Training;
import dev.capstan.worker.data.Samples;
import dev.capstan.worker.step.Engine;
import dev.capstan.worker.step.Exchange;
import dev.capstan.worker.step.Flat;
import dev.capstan.worker.step.Objective;
import dev.capstan.worker.step.Optimizer;
import dev.capstan.worker.step.Slice;
import dev.capstan.worker.step.Stage;
import dev.capstan.worker.step.Weights;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

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
final class Step implements AutoCloseable {
    private final Stage stage;
    private final Optimizer optimizer;
    private final List<Weights> transforms = new ArrayList<>();
    private final Exchange exchange;
    private final List<Slice> statistics;
    private final Ahead batches;
    private final long seed;
    private final int parts;
    /** What the parts before have added up to; null where there is but one. */
    private final Flat sum;

    private final Finite finite = new Finite();
    private final Pace pace = new Pace();

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
        batches =
                new Ahead(new Filler(samples, objective, stage.classes()), rows -> stage.batch(rows, samples.shape()));
        seed = training.seed();
        parts = training.parts();
        sum = parts == 1 ? null : stage.gradient().copy();
    }

    /** How long this rank computes. */
    Pace pace() {
        return pace;
    }

    /** As below, of a batch that nothing is known to follow. */
    double train(int[] order, Schedule.Range batch) {
        return train(order, batch, null);
    }

    /**
     * Trains on one batch.
     *
     * @param order the epoch's order of samples
     * @param batch the places of the batch, of all ranks
     * @param following the next batch's, by the same order; null if there is none
     * @return the loss before the update, summed over the batch's samples
     */
    double train(int[] order, Schedule.Range batch, Schedule.Range following) {
        long began = System.nanoTime();
        double loss = computeGradient(
                order,
                batch,
                following == null ? null : parts(following).getFirst().range());
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

    /** @param number among as many as the job asks for, some of which are empty where there are few samples */
    private record Part(int number, Schedule.Range range) {}

    /**
     * What this rank computes of a batch, one part after the other: at least one, for an optimizer may need what a
     * stage makes along with a gradient.
     */
    private List<Part> parts(Schedule.Range batch) {
        int fewest = stage.fewestSamples();
        var share = share(batch);
        return share.size() == 0
                ? List.of(new Part(0, new Schedule.Range(batch.from(), batch.from() + fewest)))
                : IntStream.range(0, parts)
                        .mapToObj(part -> new Part(part, share.share(part, parts, fewest)))
                        .filter(part -> part.range().size() > 0)
                        .toList();
    }

    private Schedule.Range share(Schedule.Range batch) {
        return batch.share(exchange.rank(), exchange.ranks(), stage.fewestSamples());
    }

    /**
     * @param following what comes after the batch; null if nothing does
     * @return the loss of this rank's share, summed over it
     */
    private double computeGradient(int[] order, Schedule.Range batch, Schedule.Range following) {
        long drawn = mixed(mixed(mixed(seed) + optimizer.step()) + exchange.rank());
        var ranges = parts(batch);
        double loss = 0;
        for (int i = 0; i < ranges.size(); i++) {
            var next = i + 1 < ranges.size() ? ranges.get(i + 1).range() : following;
            int number = ranges.get(i).number();
            loss += computeGradient(
                    order, ranges.get(i).range(), batch, number == 0 ? drawn : mixed(drawn + number), next);
            if (ranges.size() > 1 && i == 0) {
                sum.set(stage.gradient());
            } else if (i > 0) {
                sum.add(stage.gradient());
            }
        }
        if (share(batch).size() == 0) {
            stage.gradient().clear();
            return 0;
        }
        if (ranges.size() > 1) {
            stage.gradient().set(sum);
        }
        return loss;
    }

    private double computeGradient(
            int[] order, Schedule.Range range, Schedule.Range batch, long drawn, Schedule.Range next) {
        var places = batches.take(order, range);
        if (next != null) {
            batches.prepare(order, next);
        }
        double loss = stage.computeGradient(places, drawn);
        if (range.size() < batch.size()) {
            // Means, where all else is a sum.
            statistics.forEach(each -> stage.gradient().scale(each, (double) range.size() / batch.size()));
        }
        return loss * range.size();
    }

    @Override
    public void close() {
        batches.close();
    }

    /** Spreads a number over all bits: the finalizer of SplitMix64 (Steele, Lea and Flood 2014). */
    private static long mixed(long number) {
        long z = number + 0x9e3779b97f4a7c15L;
        z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return z ^ (z >>> 31);
    }
}
