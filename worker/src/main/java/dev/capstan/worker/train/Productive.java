package dev.capstan.worker.train;

import dev.capstan.worker.ring.Collectives;
import java.util.function.LongSupplier;

/**
 * How much time went into steps that count: those that led to the state as it is, in whichever attempt. It belongs to
 * the state, so that steps which are lost, and made again, count once.
 */
final class Productive {
    private final LongSupplier nanoTime;
    private double seconds;
    private long began;
    private long waitedBefore;

    /** @param nanoTime a clock like {@link System#nanoTime()} */
    Productive(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /** A step, or the end of an epoch, begins. */
    void begin(Collectives ring) {
        began = nanoTime.getAsLong();
        waitedBefore = ring.waitedNanos();
    }

    /** It is done, but for the time that it waited for lost ranks. */
    void end(Collectives ring) {
        seconds += (nanoTime.getAsLong() - began - (ring.waitedNanos() - waitedBefore)) / 1e9;
    }

    /** All of it so far. */
    double seconds() {
        return seconds;
    }

    /** Goes on from what an earlier attempt, or a peer, has counted. */
    void resume(double counted) {
        seconds = counted;
    }
}
