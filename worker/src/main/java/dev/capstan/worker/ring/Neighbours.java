package dev.capstan.worker.ring;

import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.outcome.Failure;
import java.io.EOFException;
import java.io.IOException;
import java.net.ProtocolException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.time.Duration;

/**
 * The two connections of a worker: out to the next rank and in from the previous one, both non-blocking, and the
 * waiting on them. A peer that waits itself sends heartbeats, so that only the worker that really hangs falls silent.
 */
final class Neighbours implements AutoCloseable {
    /**
     * A message of a neighbour usually comes within microseconds; sleeping and waking up costs more than asking again.
     */
    private static final int SPINS = 50;

    private static final Duration HEARTBEAT = Duration.ofSeconds(5);

    private final Membership membership;
    private final SocketChannel next;
    private final SocketChannel previous;
    private final Selector selector;
    private final SelectionKey writing;
    private final SelectionKey reading;
    private final Outbox outbox;
    private final Inbox inbox;
    private final Aborts aborts;

    private int spins;
    private long heard;
    private long taken;

    /** Takes two connections over. */
    Neighbours(Membership membership, Link toNext, Link fromPrevious) throws IOException {
        this.membership = membership;
        next = toNext.channel();
        previous = fromPrevious.channel();
        next.configureBlocking(false);
        previous.configureBlocking(false);
        selector = Selector.open();
        writing = next.register(selector, 0);
        reading = previous.register(selector, 0);
        outbox = new Outbox(toNext);
        inbox = new Inbox(fromPrevious, membership.term());
        aborts = new Aborts(membership, outbox, inbox);
    }

    /** Messages to the next rank. */
    Outbox outbox() {
        return outbox;
    }

    /** Messages from the previous rank. */
    Inbox inbox() {
        return inbox;
    }

    /** Starts the clock by which a neighbour counts as silent. */
    void startWaiting() {
        heard = System.nanoTime();
        taken = heard;
        spins = 0;
    }

    /** Notes that bytes came from the previous rank. */
    void heard() {
        heard = System.nanoTime();
        spins = 0;
    }

    /** Notes that the next rank took bytes. */
    void taken() {
        taken = System.nanoTime();
        spins = 0;
    }

    /**
     * Waits until a connection is ready, for a moment at most.
     *
     * @param receives whether something is due from the previous rank
     * @param sends whether anything more of this operation will be sent, now or later
     * @param silence after which a neighbour is lost
     * @throws Failure PeerLost
     */
    void await(long operation, boolean receives, boolean sends, Duration silence) {
        if (spins++ < SPINS) {
            Thread.onSpinWait();
            return;
        }
        var heartbeat = Math.min(HEARTBEAT.toMillis(), Math.max(1, silence.toMillis() / 6));
        try {
            select(receives, heartbeat / 2 + 1);
        } catch (IOException e) {
            throw new Failure(Reason.WorkerError, "waiting for the peers failed: " + e, e);
        }
        long now = System.nanoTime();
        if (receives && now - heard > silence.toNanos()) {
            throw lost(membership.previous(), "sent nothing for " + text(silence));
        }
        if (!outbox.idle() && now - taken > silence.toNanos()) {
            throw lost(membership.next(), "took nothing for " + text(silence));
        }
        if (outbox.idle() && now - taken > heartbeat * 1_000_000) {
            sendHeartbeat(operation, sends);
        }
    }

    private void sendHeartbeat(long operation, boolean sends) {
        outbox.start(
                new Header(
                        Header.Kind.HEARTBEAT,
                        membership.term(),
                        membership.rank(),
                        operation,
                        0,
                        0,
                        0,
                        Header.Rider.NONE),
                ByteBuffer.allocate(0));
        taken();
        try {
            outbox.push();
        } catch (IOException e) {
            // Who has all of the last operation may be gone already.
            outbox.drop();
            if (sends) {
                throw lostNext(e);
            }
        }
    }

    private void select(boolean receives, long millis) throws IOException {
        writing.interestOps(outbox.idle() ? 0 : SelectionKey.OP_WRITE);
        reading.interestOps(receives ? SelectionKey.OP_READ : 0);
        selector.select(millis);
        selector.selectedKeys().clear();
    }

    /** The failure that the previous rank's abort message tells of. */
    Failure told(Header header, ByteBuffer words) {
        return aborts.receive(header, words);
    }

    /** The previous rank is gone: its connection failed. */
    Failure lostPrevious(IOException e) {
        return lost(membership.previous(), reason(e));
    }

    /**
     * The next rank is gone. It may have ended because of a third one; that story comes round the other way, so it is
     * given a moment.
     */
    Failure lostNext(IOException e) {
        var story = aborts.await(() -> select(true, 50));
        return story != null ? story : lost(membership.next(), reason(e));
    }

    void abort(Failure failure) {
        aborts.send(failure, () -> select(false, 50));
    }

    private static Failure lost(Peer peer, String how) {
        return new Failure(Reason.PeerLost, peer + " " + how);
    }

    private static String reason(IOException e) {
        return e instanceof EOFException || e instanceof ProtocolException
                ? e.getMessage()
                : "is gone (" + e.getMessage() + ")";
    }

    private static String text(Duration duration) {
        return duration.toMillis() % 1000 == 0 ? duration.toSeconds() + " s" : duration.toMillis() + " ms";
    }

    @Override
    public void close() {
        for (AutoCloseable each : new AutoCloseable[] {selector, next, previous}) {
            try {
                each.close();
            } catch (Exception e) {
                // Nothing is left to be done on it.
            }
        }
    }
}
