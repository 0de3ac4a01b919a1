package dev.capstan.worker.ring;

import dev.capstan.worker.outcome.Failure;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * All workers of a job, each of which sends to the next rank and receives from the previous one. Every worker must call
 * the same operations in the same order. One thread may use it, but for {@link #wish} and {@link #abort}.
 *
 * <p>Sums are made in an order that depends on nothing but the number of workers, so that all ranks hold the same bits
 * and a second run gives them again.
 */
public final class Ring implements AutoCloseable {
    /** Longest message; above it, throughput doesn't grow. */
    static final int PIECE_BYTES = 1 << 18;

    private final Membership membership;
    private final Patience patience;
    /** Null for a worker alone. */
    private final Neighbours neighbours;

    private final Sum sum = new Sum();
    /** Wished here and not sent yet. */
    private final AtomicInteger wished = new AtomicInteger();

    private long operation;
    private int granted;
    private final AtomicBoolean aborted = new AtomicBoolean();

    Ring(Membership membership, Patience patience, Neighbours neighbours) {
        this.membership = membership;
        this.patience = patience;
        this.neighbours = neighbours;
    }

    /**
     * Finds all peers and joins them; returns once both neighbours have proved that they belong to the attempt.
     *
     * @throws Failure PeerLost, naming the peer that didn't come in time
     */
    public static Ring join(Membership membership, Patience patience) {
        return membership.size() == 1
                ? new Ring(membership, patience, null)
                : new Ring(membership, patience, new Meeting(membership, patience).neighbours());
    }

    /** This worker's rank. */
    public int rank() {
        return membership.rank();
    }

    /** Number of workers. */
    public int size() {
        return membership.size();
    }

    /**
     * Replaces each float by its sum over all ranks: a ring all-reduce (Patarasuk and Yuan 2009,
     * doi:10.1016/j.jpdc.2008.09.002), n - 1 hops that add and n - 1 that hand the sums round.
     *
     * @param floats a direct buffer in native order, used from 0 to its limit; of the same length on every rank
     * @param tally a number that rides along in the messages' headers
     * @return the sum of all tallies, added in the order of the ranks
     * @throws Failure PeerLost, naming the peer; or what a peer ended with
     */
    public double allReduce(ByteBuffer floats, double tally) {
        // Taken, not read: a wish that comes from now on goes with the next operation.
        var rider = new Header.Rider(tally, wished.getAndSet(0));
        if (neighbours == null) {
            granted |= rider.wishes();
            return tally;
        }
        int hops = size() - 1;
        var chunks = new Chunks(floats, Float.BYTES, size(), PIECE_BYTES);
        double sum = 0;
        for (var each : exchange(chunks, 2 * hops, hops, rider, patience.late())) {
            sum += each.tally();
            granted |= each.wishes();
        }
        return sum;
    }

    /** Sends a wish with the next all-reduce. Any thread may call it. */
    public void wish(Wish wish) {
        wished.accumulateAndGet(wish.bit(), (left, right) -> left | right);
    }

    /** What any rank wished in all-reduces since the last call: the same on every rank. */
    public Set<Wish> wishes() {
        var wishes = Wish.of(granted);
        granted = 0;
        return wishes;
    }

    /**
     * Hands every rank's block to all.
     *
     * @param block of the same length on every rank
     * @param late how long the slowest rank may take to come, if that is longer than {@link Patience#late()}
     * @return the blocks in rank order
     * @throws Failure PeerLost, naming the peer; or what a peer ended with
     */
    public List<byte[]> allGather(byte[] block, Duration late) {
        if (neighbours == null) {
            return List.of(block);
        }
        var all = ByteBuffer.allocateDirect(block.length * size());
        all.put(block.length * rank(), block);
        exchange(new Chunks(all, block.length, size(), PIECE_BYTES), size() - 1, 0, Header.Rider.NONE, late);
        var blocks = new ArrayList<byte[]>();
        for (int rank = 0; rank < size(); rank++) {
            var each = new byte[block.length];
            all.get(rank * block.length, each);
            blocks.add(each);
        }
        return blocks;
    }

    private Header.Rider[] exchange(Chunks chunks, int hops, int addingHops, Header.Rider rider, Duration late) {
        var patient = late.compareTo(patience.late()) < 0 ? patience.late() : late;
        return new Exchange(membership, neighbours, sum, ++operation, chunks, hops, addingHops, rider).run(patient);
    }

    /**
     * Tells the peers why this worker ends, so that all of them name the cause and not each its own neighbour. Takes
     * two seconds at most and never fails. The ring is of no use afterwards; a second call does nothing.
     */
    public void abort(Failure failure) {
        if (neighbours != null && aborted.compareAndSet(false, true)) {
            neighbours.abort(failure);
        }
    }

    @Override
    public void close() {
        if (neighbours != null) {
            neighbours.close();
        }
    }
}
