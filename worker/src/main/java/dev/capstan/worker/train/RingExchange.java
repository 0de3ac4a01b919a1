package dev.capstan.worker.train;

import dev.capstan.worker.ring.Collectives;
import dev.capstan.worker.step.Exchange;
import dev.capstan.worker.step.Flat;

/** All ranks hold the whole model, and the ring sums their gradients. */
record RingExchange(Collectives ring) implements Exchange {
    @Override
    public int rank() {
        return ring.rank();
    }

    @Override
    public int ranks() {
        return ring.size();
    }

    @Override
    public double sum(Flat gradient, double loss) {
        return gradient.inMemory(floats -> ring.allReduce(floats, loss));
    }
}
