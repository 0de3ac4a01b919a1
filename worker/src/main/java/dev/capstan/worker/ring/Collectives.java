package dev.capstan.worker.ring;

import dev.capstan.worker.outcome.Failure;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/**
 * What all ranks of a gang do together. Every rank must call the same operations in the same order. One thread may use
 * it, but for {@link #wish} and {@link #abort}.
 */
public interface Collectives extends AutoCloseable {
    /** This worker's rank. */
    int rank();

    /** Number of workers. */
    int size();

    /**
     * Replaces each float by its sum over all ranks.
     *
     * @param floats a direct buffer in native order, used from 0 to its limit; of the same length on every rank
     * @param tally a number that is summed, too
     * @return the sum of all tallies, added in the order of the ranks
     * @throws Failure PeerLost, naming the peer; or what a peer ended with
     */
    double allReduce(ByteBuffer floats, double tally);

    /**
     * Hands every rank's block to all.
     *
     * @param block of the same length on every rank
     * @param late how long the slowest rank may take to come, if that is longer than {@link Patience#late()}
     * @return the blocks in rank order
     * @throws Failure PeerLost, naming the peer; or what a peer ended with
     */
    List<byte[]> allGather(byte[] block, Duration late);

    /** Sends a wish with the next all-reduce. Any thread may call it. */
    void wish(Wish wish);

    /** What any rank wished in all-reduces since the last call: the same on every rank. */
    Set<Wish> wishes();

    /** For how long operations have waited so far because ranks were lost, in nanoseconds. */
    default long waitedNanos() {
        return 0;
    }

    /**
     * The state that all hold has advanced, by what operations came to: by a step's update, or by the end of an epoch.
     * Until the next edge it stays as it is, but for what comes of operations.
     */
    void edge();

    /**
     * Tells the peers why this worker ends, so that all of them name the cause and not each its own neighbour. Takes
     * two seconds at most and never fails. No operation can be done afterwards; a second call does nothing. Any thread
     * may call it.
     */
    void abort(Failure failure);

    @Override
    void close();
}
