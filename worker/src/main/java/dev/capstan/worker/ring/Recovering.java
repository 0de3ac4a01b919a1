package dev.capstan.worker.ring;

import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.outcome.Failure;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The collective operations of an attempt, which outlive the loss of a rank: the operation waits for a term in which
 * all ranks are there, and is done then, once and on all of them.
 *
 * <p>An operation completes on a rank only when every rank has come to it. So ranks differ by one operation at most,
 * and what the last one came to is all that a rank can lack; and while a rank waits inside of an operation, its state
 * is that of the last edge, so that a newcomer may have it as it stands.
 */
public final class Recovering implements Collectives {
    private final Terms terms;
    private final Held held;
    private final History history;
    private final Wished wished;

    private volatile Ring ring;
    /** Whether another term has begun, in which no operation is complete yet. */
    private boolean interrupted;
    /** When that was, and for how long operations have waited before. */
    private long interruptedAt;

    private long waited;
    /** Whether all have been asked to stop. */
    private boolean ending;

    private int granted;
    /** What was granted and not yet asked for at the last edge: a newcomer begins there. */
    private int grantedAtEdge;

    private Recovering(Ring ring, Terms terms, Held held, History history) {
        this.ring = ring;
        wished = ring.wished();
        this.terms = terms;
        this.held = held;
        this.history = history;
    }

    /** Goes on with the ring of a gang that is whole, in which all hold the same, or will before its next operation. */
    public static Recovering begin(Ring ring, Terms terms, Held held) {
        return new Recovering(ring, terms, held, History.ofTheFirst());
    }

    /**
     * Comes to a gang that has lost a rank, as the one that takes its place, and takes the state over.
     *
     * @param ring of the term in which it comes
     * @throws Failure if no rank with a state is left, or this one can't take it over
     */
    public static Recovering come(Ring ring, Terms terms, Held held) {
        return settled(ring, terms, held, History.ofANewcomer());
    }

    /**
     * Comes to a gang that has lost a rank before this one has begun, as one that has been there: where others have
     * begun, it takes the state over.
     *
     * @param ring of the term in which it comes
     * @throws Failure if this one can't take the state over
     */
    public static Recovering comeBack(Ring ring, Terms terms, Held held) {
        return settled(ring, terms, held, History.ofABeginner());
    }

    /**
     * The ring on which all ranks begin together, since nobody has a state; empty if this rank has one now. In the
     * first case nothing else may be done with this object.
     */
    public Optional<Ring> beginning() {
        return history.completed() < 0 ? Optional.of(ring) : Optional.empty();
    }

    /** Comes to a gang whose ranks are joined anew, and do first what has to be done for that. */
    static Recovering settled(Ring ring, Terms terms, Held held, History history) {
        var all = new Recovering(ring, terms, held, history);
        all.interrupted = true;
        all.interruptedAt = System.nanoTime();
        all.settle();
        all.granted = all.grantedAtEdge;
        return all;
    }

    @Override
    public int rank() {
        return ring.rank();
    }

    @Override
    public int size() {
        return ring.size();
    }

    @Override
    public double allReduce(ByteBuffer floats, double tally) {
        int united = 0;
        while (!history.ahead()) {
            // They are taken once, and sent again with the sum that is begun anew.
            united |= wished.take();
            int wishes = united;
            // Into memory of its own: what this rank brings has to be there still if the sum is begun anew.
            var sum = history.room(floats.limit());
            attempt(() -> history.complete(sum, ring.sum(floats, sum, new Header.Rider(tally, wishes)), true));
        }
        var answer = history.answer();
        floats.put(0, answer.bytes(), 0, floats.limit());
        granted |= answer.rider().wishes();
        return answer.rider().tally();
    }

    @Override
    public List<byte[]> allGather(byte[] block, Duration late) {
        while (!history.ahead()) {
            attempt(() -> {
                var blocks = ByteBuffer.allocate(block.length * size());
                ring.allGather(block, late).forEach(blocks::put);
                history.complete(blocks.flip(), Header.Rider.NONE, false);
            });
        }
        var bytes = history.answer().bytes();
        var blocks = new ArrayList<byte[]>();
        for (int rank = 0; rank < size(); rank++) {
            var each = new byte[block.length];
            bytes.get(rank * block.length, each);
            blocks.add(each);
        }
        return blocks;
    }

    @Override
    public long waitedNanos() {
        return waited;
    }

    @Override
    public void wish(Wish wish) {
        wished.add(wish);
    }

    @Override
    public Set<Wish> wishes() {
        var wishes = Wish.of(granted);
        granted = 0;
        ending |= wishes.contains(Wish.STOP);
        return wishes;
    }

    /** Who comes from now on begins here. */
    @Override
    public void edge() {
        history.edge();
        grantedAtEdge = granted;
    }

    private void attempt(Runnable operation) {
        try {
            operation.run();
        } catch (Failure e) {
            ring = another(e);
            settle();
            return;
        }
        if (interrupted) {
            interrupted = false;
            waited += System.nanoTime() - interruptedAt;
            terms.recovered(history.completed());
        }
    }

    private void settle() {
        while (true) {
            var settling = new Settling(ring, history, held);
            try {
                settling.hear();
            } catch (Failure e) {
                ring = another(e);
                continue;
            }
            // What all have heard, another term wouldn't change.
            var settlement = settling.settlement();
            try {
                grantedAtEdge = settling.carryOut(settlement, grantedAtEdge);
                return;
            } catch (Failure e) {
                ring = another(e);
            }
        }
    }

    private Ring another(Failure found) {
        // What isn't about a peer that is gone, another term wouldn't mend; and whoever was to stop does so in any
        // case.
        if (found.reason() != Reason.PeerLost || ending) {
            throw found;
        }
        if (!interrupted) {
            interruptedAt = System.nanoTime();
        }
        interrupted = true;
        // So that all others hear of it at once, and of the same rank.
        ring.tell(found);
        ring.close();
        return terms.next(found, history.completed() + 1);
    }

    /** Who leaves is lost to the others, and they go on. */
    @Override
    public void abort(Failure failure) {
        ring.abort(
                failure.reason() == Reason.Left
                        ? Failure.lost(rank(), "rank " + rank() + " has left: " + failure.getMessage())
                        : failure);
    }

    @Override
    public void close() {
        ring.close();
    }
}
