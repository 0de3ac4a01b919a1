package dev.capstan.worker.train;

import dev.capstan.protocol.Training;
import dev.capstan.worker.data.Samples;
import dev.capstan.worker.model.Native;
import dev.capstan.worker.model.Network;
import dev.capstan.worker.ring.Ring;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;

/**
 * One step of synchronous data parallel training. Each rank computes the gradient of its share of the batch, the ring
 * sums the gradients, and every rank makes the same update. DL4J's gradient is a sum over samples, which its updater
 * divides by the batch size that it is told: told the whole batch's, shares of unequal size come out exact.
 *
 * <p>Not so batch normalization. Each rank normalizes by the mean and variance of its own share, so a gang of four at a
 * batch of 128 trains as one worker at batches of 32 does in this respect, and another model than one worker at 128;
 * with shares of a handful of samples it may train badly. What the ranks' running means and variances change by is
 * averaged, each rank's weighted with its samples, so all ranks keep the same; the variance between the ranks' means
 * isn't in it. A rank's share has at least two samples or none, where the variance of one would be 0.
 *
 * <p>Dropout draws from (seed, step, rank): a training that goes on from a checkpoint draws what it would have drawn,
 * and ranks draw differently.
 */
final class Step {
    private final Network network;
    private final Training training;
    private final Ring ring;
    private final int fewest;
    private final ByteBuffer gradientMemory;
    private final Finite finite = new Finite();
    private final Map<Integer, Batch> batches = new HashMap<>();

    /** @param training seed and clipping */
    Step(Network network, Training training, Ring ring) {
        this.network = network;
        this.training = training;
        this.ring = ring;
        fewest = network.fewestSamples();
        gradientMemory = Native.memory(network.gradients());
    }

    /**
     * Trains on one batch.
     *
     * @param order the epoch's order of samples
     * @param batch the places of the batch, of all ranks
     * @return the loss before the update, summed over the batch's samples
     */
    double train(Samples samples, int[] order, Schedule.Range batch) {
        network.seed(mixed(mixed(mixed(training.seed()) + network.step()) + ring.rank()));
        double loss = computeGradient(samples, order, batch);
        finite.check(gradientMemory, "the gradient");
        finite.check(loss, "the loss");
        double whole = ring.allReduce(gradientMemory, loss);
        Clipping.clip(network, training.clipping(), batch.size());
        network.update(batch.size());
        return whole;
    }

    private double computeGradient(Samples samples, int[] order, Schedule.Range batch) {
        var share = batch.share(ring.rank(), ring.size(), fewest);
        // DL4J makes its gradient object only by computing one, so a rank without samples computes one and drops it.
        var computed = share.size() == 0 ? new Schedule.Range(batch.from(), batch.from() + fewest) : share;
        var arrays =
                batches.computeIfAbsent(computed.size(), rows -> new Batch(rows, samples.shape(), network.classes()));
        arrays.fill(samples, order, computed);
        double loss = network.computeGradient(arrays.inputs(), arrays.labels(), arrays.mask());
        if (share.size() == 0) {
            network.gradients().assign(0);
            return 0;
        }
        if (share.size() < batch.size()) {
            network.statistics().forEach(each -> each.muli((double) share.size() / batch.size()));
        }
        return loss * share.size();
    }

    /** Spreads a number over all bits: the finalizer of SplitMix64 (Steele, Lea and Flood 2014). */
    private static long mixed(long number) {
        long z = number + 0x9e3779b97f4a7c15L;
        z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return z ^ (z >>> 31);
    }
}
