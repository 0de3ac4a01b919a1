package dev.capstan.worker.ring;

import dev.capstan.worker.outcome.Failure;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;

/**
 * All workers of a job for a term, each of which sends to the next rank and receives from the previous one. Every
 * worker must call the same operations in the same order. One thread may use it, but for {@link #wish} and
 * {@link #abort}.
 *
 * <p>Sums are made in an order that depends on nothing but the number of workers, so that all ranks hold the same bits
 * and a second run gives them again.
 */
public final class Ring implements Collectives {
    /** Longest message; above it, throughput doesn't grow. */
    static final int PIECE_BYTES = 1 << 18;

    /**
     * Up to which length everybody hands all of its floats to all others, and each adds them up: half as many messages
     * one after the other. Processors have less to do by it up to about these lengths, as measured; beyond them, every
     * rank's adding up all of the others' floats costs more than messages do. Two ranks send no more bytes that way.
     */
    private static final int SHORT = 1 << 15;

    private static final int SHORT_FOR_TWO = 1 << 17;

    private final Membership membership;
    private final Patience patience;
    /** Null for a worker alone. */
    private final Neighbours neighbours;

    private final Numbers numbers;
    /** What isn't summed is sent as it is. */
    private final Numbers asTheyAre = new Floats();

    private final int longest;
    /** What all ranks send of a short sum; as long as the longest so far needs. */
    private ByteBuffer all = ByteBuffer.allocateDirect(0);

    private final Wished wished = new Wished();

    private long operation;
    private int granted;
    private final AtomicBoolean aborted = new AtomicBoolean();

    Ring(Membership membership, Patience patience, Neighbours neighbours) {
        this(membership, patience, neighbours, membership.size() == 2 ? SHORT_FOR_TWO : SHORT);
    }

    /** @param longest bytes of a short sum; the same on every rank */
    Ring(Membership membership, Patience patience, Neighbours neighbours, int longest) {
        this.membership = membership;
        this.patience = patience;
        this.neighbours = neighbours;
        this.longest = longest;
        numbers = Numbers.of(membership.wire());
    }

    /**
     * Finds all peers and joins them; returns once both neighbours have proved that they belong to the attempt.
     *
     * @throws Failure PeerLost, naming the peer that didn't come in time
     */
    public static Ring join(Membership membership, Patience patience) {
        return join(membership, patience, () -> {});
    }

    /**
     * As above.
     *
     * @param look called again and again meanwhile; what it throws ends the meeting
     */
    public static Ring join(Membership membership, Patience patience, Runnable look) {
        return membership.size() == 1
                ? new Ring(membership, patience, null)
                : new Ring(
                        membership,
                        patience,
                        Meeting.first(membership, patience, look).neighbours());
    }

    /**
     * As above, of a gang that has met before.
     *
     * @param look called again and again meanwhile; what it throws ends the meeting
     */
    public static Ring joinAgain(Membership membership, Patience patience, Runnable look) {
        return new Ring(
                membership, patience, Meeting.again(membership, patience, look).neighbours());
    }

    @Override
    public int rank() {
        return membership.rank();
    }

    /** How long it waits for peers. */
    Patience patience() {
        return patience;
    }

    /** Wished here and not sent yet. */
    Wished wished() {
        return wished;
    }

    @Override
    public int size() {
        return membership.size();
    }

    /**
     * A ring all-reduce (Patarasuk and Yuan 2009, doi:10.1016/j.jpdc.2008.09.002), n - 1 hops that add and n - 1 that
     * hand the sums round; of few floats, n - 1 hops that hand them round whole. Either way each is added up in the
     * same order, so the bits are the same. The tally rides along in the messages' headers.
     */
    @Override
    public double allReduce(ByteBuffer floats, double tally) {
        // Taken, not read: a wish that comes from now on goes with the next operation.
        var summed = sum(floats, floats, new Header.Rider(tally, wished.take()));
        granted |= summed.wishes();
        return summed.tally();
    }

    /**
     * As {@link #allReduce}, and what all ranks wished.
     *
     * @param floats what this rank brings; it stays as it is, but where the sum goes there
     * @param into where the sum goes; as long as the floats, or the same
     */
    Header.Rider sum(ByteBuffer floats, ByteBuffer into, Header.Rider rider) {
        if (neighbours == null) {
            if (into != floats) {
                into.put(0, floats, 0, floats.limit());
            }
            return new Header.Rider(rider.tally(), Wish.together(rider.wishes()));
        }
        double tally = 0;
        var riders = floats.limit() <= longest ? gathered(floats, into, rider) : reduced(floats, into, rider);
        for (var each : riders) {
            tally += each.tally();
        }
        return new Header.Rider(
                tally,
                Wish.together(
                        Arrays.stream(riders).mapToInt(Header.Rider::wishes).toArray()));
    }

    private Header.Rider[] reduced(ByteBuffer floats, ByteBuffer into, Header.Rider rider) {
        int hops = size() - 1;
        return exchange(numbers, chunks(floats), chunks(into), 2 * hops, hops, rider, patience.late());
    }

    private Chunks chunks(ByteBuffer floats) {
        return new Chunks(floats, Float.BYTES, size(), PIECE_BYTES);
    }

    private Header.Rider[] gathered(ByteBuffer floats, ByteBuffer into, Header.Rider rider) {
        int length = numbers.length(floats.limit());
        if (all.capacity() < length * size()) {
            all = ByteBuffer.allocateDirect(length * size()).order(ByteOrder.nativeOrder());
        }
        all.clear().limit(length * size());
        all.put(length * rank(), numbers.sent(floats), 0, length);
        var riders = handedRound(all, length, rider, patience.late());
        var ofRanks = IntStream.range(0, size())
                .mapToObj(rank ->
                        new Chunks(all.slice(length * rank, length), numbers.length(Float.BYTES), size(), length))
                .toList();
        var sums = new Chunks(into, Float.BYTES, size(), floats.limit());
        for (int chunk = 0; chunk < size(); chunk++) {
            var place = sums.piece(chunk, 0);
            // As they come by round the ring: the chunk's own rank first.
            numbers.put(place, ofRanks.get(chunk).piece(chunk, 0));
            for (int next = chunk + 1; next < chunk + size(); next++) {
                numbers.add(place, place, ofRanks.get(next % size()).piece(chunk, 0));
            }
        }
        return riders;
    }

    @Override
    public void wish(Wish wish) {
        wished.add(wish);
    }

    @Override
    public Set<Wish> wishes() {
        var wishes = Wish.of(granted);
        granted = 0;
        return wishes;
    }

    @Override
    public List<byte[]> allGather(byte[] block, Duration late) {
        if (neighbours == null) {
            return List.of(block);
        }
        var all = ByteBuffer.allocateDirect(block.length * size());
        all.put(block.length * rank(), block);
        handedRound(all, block.length, Header.Rider.NONE, late);
        var blocks = new ArrayList<byte[]>();
        for (int rank = 0; rank < size(); rank++) {
            var each = new byte[block.length];
            all.get(rank * block.length, each);
            blocks.add(each);
        }
        return blocks;
    }

    /**
     * Hands one rank's bytes to all.
     *
     * @param source the rank whose bytes they are
     * @param bytes used from 0 to its limit; of the same length on every rank, and overwritten but on the source
     * @param tally a number that the source sends along
     * @return the source's number
     * @throws Failure PeerLost, naming the peer; or what a peer ended with
     */
    double broadcast(int source, ByteBuffer bytes, double tally) {
        if (neighbours == null) {
            return tally;
        }
        var broadcast = new Broadcast(membership, neighbours, ++operation, source, bytes, new Header.Rider(tally, 0));
        broadcast.run(patience.late());
        return broadcast.rider().tally();
    }

    /** Each rank's bytes, as many of each, to all. */
    private Header.Rider[] handedRound(ByteBuffer ofAll, int length, Header.Rider rider, Duration late) {
        var chunks = new Chunks(ofAll, Math.max(1, length), size(), PIECE_BYTES);
        return exchange(asTheyAre, chunks, chunks, size() - 1, 0, rider, late);
    }

    private Header.Rider[] exchange(
            Numbers sent, Chunks own, Chunks result, int hops, int addingHops, Header.Rider rider, Duration late) {
        var patient = late.compareTo(patience.late()) < 0 ? patience.late() : late;
        var exchange = new Exchange(membership, neighbours, sent, ++operation, own, result, hops, addingHops, rider);
        exchange.run(patient);
        return exchange.riders();
    }

    /** Nothing is kept that would have to be forgotten. */
    @Override
    public void edge() {}

    /** Ends the operation that is under way, or the next, with a failure. Any thread may call it. */
    public void leave(Failure why) {
        if (neighbours != null) {
            neighbours.leave(why);
        }
    }

    @Override
    public void abort(Failure failure) {
        if (neighbours != null && aborted.compareAndSet(false, true)) {
            neighbours.abort(failure);
        }
    }

    /** Tells the peers, for the thread that works, why this ring is of no use any more. */
    void tell(Failure found) {
        if (neighbours != null && aborted.compareAndSet(false, true)) {
            neighbours.tell(found);
        }
    }

    @Override
    public void close() {
        if (neighbours != null) {
            neighbours.close();
        }
    }
}
