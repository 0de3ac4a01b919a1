package dev.capstan.worker.train;

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
 */
final class Step {
    private final Network network;
    private final Ring ring;
    private final ByteBuffer gradientMemory;
    private final Finite finite = new Finite();
    private final Map<Integer, Batch> batches = new HashMap<>();

    Step(Network network, Ring ring) {
        this.network = network;
        this.ring = ring;
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
        double loss = computeGradient(samples, order, batch);
        finite.check(gradientMemory, "the gradient");
        finite.check(loss, "the loss");
        double whole = ring.allReduce(gradientMemory, loss);
        network.update(batch.size());
        return whole;
    }

    private double computeGradient(Samples samples, int[] order, Schedule.Range batch) {
        var share = batch.share(ring.rank(), ring.size());
        // DL4J makes its gradient object only by computing one, so a rank without samples computes one and drops it.
        var computed = share.size() == 0 ? new Schedule.Range(batch.from(), batch.from() + 1) : share;
        var arrays = batches.computeIfAbsent(computed.size(), rows -> new Batch(network, rows, samples.inputs()));
        arrays.fill(samples, order, computed);
        double loss = network.computeGradient(arrays.inputs(), arrays.labels(), arrays.mask());
        if (share.size() == 0) {
            network.gradients().assign(0);
            return 0;
        }
        return loss * share.size();
    }
}
