package dev.capstan.worker.ring;

import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.outcome.Failure;
import java.io.EOFException;
import java.io.IOException;
import java.net.ProtocolException;
import java.nio.ByteBuffer;
import java.nio.channels.GatheringByteChannel;
import java.nio.channels.ReadableByteChannel;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The two connections of a worker: out to the next rank and in from the previous one, both non-blocking, and the
 * waiting on them.
 */
final class Neighbours implements AutoCloseable {
    /**
     * A message of a neighbour usually comes within microseconds; sleeping and waking up costs more than asking again.
     */
    private static final int SPINS = 50;

    static final Duration SHORT = Duration.ofMillis(5);

    /** How long at most before a waiting rank looks round. */
    private static final Duration LOOK = Duration.ofMillis(500);

    private static final Logger LOG = LoggerFactory.getLogger(Neighbours.class);

    private final Membership membership;
    private final GatheringByteChannel next;
    private final ReadableByteChannel previous;
    private final Waiting waiting;
    private final Outbox outbox;
    private final Inbox inbox;
    private final Aborts aborts;
    private final Pulse pulse;
    private final Patience patience;

    private int spins;
    private long began;
    private long heard;
    private long taken;
    private boolean told;
    /** Why this ring is of no use any more; null while it is. */
    private volatile Failure left;
    /** The operation that the previous rank has come to, as far as it was heard. */
    private long previousAt;

    /** Takes two connections over, and the waiting for them. */
    Neighbours(
            Membership membership,
            Patience patience,
            Link<? extends GatheringByteChannel> toNext,
            Link<? extends ReadableByteChannel> fromPrevious,
            Waiting waiting) {
        this.membership = membership;
        this.patience = patience;
        this.waiting = waiting;
        next = toNext.channel();
        previous = fromPrevious.channel();
        outbox = new Outbox(toNext);
        inbox = new Inbox(fromPrevious, membership.term());
        aborts = new Aborts(membership, outbox, inbox);
        pulse = new Pulse(membership, outbox, patience.silence());
    }

    /** From now on this rank gives signs of life, whatever it does. */
    Neighbours alive() {
        pulse.start();
        return this;
    }

    /**
     * Uses the outbox, which the pulse uses as well.
     *
     * @throws IOException if the connection to the next rank fails
     */
    boolean sending(Sending sending) throws IOException {
        pulse.sending().lock();
        try {
            return sending.with(outbox);
        } finally {
            pulse.sending().unlock();
        }
    }

    /** Does something with the outbox. */
    interface Sending {
        boolean with(Outbox outbox) throws IOException;
    }

    /** Whether all that was to be sent is with the socket. */
    boolean idle() {
        pulse.sending().lock();
        try {
            return outbox.idle();
        } finally {
            pulse.sending().unlock();
        }
    }

    /** Messages from the previous rank. */
    Inbox inbox() {
        return inbox;
    }

    /** Ends the operation that is under way, or the next, with a failure. Any thread may call it. */
    void leave(Failure why) {
        left = why;
        waiting.wakeUp();
    }

    private void checkLeft() {
        var why = left;
        if (why != null) {
            throw new Failure(why.reason(), why.getMessage());
        }
    }

    /** Comes to an operation, and starts the clocks by which neighbours are measured. */
    void begin(long operation) {
        checkLeft();
        pulse.at(operation);
        began = System.nanoTime();
        heard = began;
        taken = began;
        told = false;
        spins = 0;
    }

    /** Notes that bytes came from the previous rank. */
    void heard() {
        heard = System.nanoTime();
        spins = 0;
    }

    /** Notes which operation the previous rank has come to. */
    void previousIsAt(long operation) {
        previousAt = Math.max(previousAt, operation);
    }

    /** Notes that the next rank took bytes. */
    void taken() {
        taken = System.nanoTime();
        pulse.sent();
        spins = 0;
    }

    /**
     * Waits until a connection is ready, for a moment at most. Three things are told apart: a rank that is silent sends
     * no sign of life; one that hangs does, and doesn't come to this operation for longer than it may; a slow one comes
     * late.
     *
     * @param receives whether something is due from the previous rank
     * @param sends whether anything more of this operation will be sent, now or later
     * @param late how long the slowest rank may take to come to this operation
     * @throws Failure PeerLost
     */
    void await(long operation, boolean receives, boolean sends, Duration late) {
        checkLeft();
        if (spins++ < SPINS) {
            Thread.onSpinWait();
            return;
        }
        boolean idle = idle();
        try {
            waiting.await(
                    receives,
                    !idle,
                    Math.min(LOOK.toMillis(), patience.silence().toMillis() / 6 + 1));
        } catch (IOException e) {
            throw new Failure(Reason.WorkerError, "waiting for the peers failed: " + e, e);
        }
        long now = System.nanoTime();
        var silence = patience.silence();
        if (receives && now - heard > silence.toNanos()) {
            throw lost(membership.previous(), "sent nothing for " + text(silence));
        }
        if (receives && previousAt < operation) {
            waitsForPrevious(now - began, late);
        }
        // Who has all that is due to it came from further round, so the next rank is at this operation as well.
        if (!receives && !idle && now - taken > silence.toNanos()) {
            throw lost(membership.next(), "took nothing for " + text(silence));
        }
        var broken = pulse.broken();
        // Who has all of the last operation may be gone already.
        if (broken != null && sends) {
            throw lostNext(broken);
        }
    }

    private void waitsForPrevious(long nanos, Duration late) {
        if (nanos > late.toNanos()) {
            throw lost(
                    membership.previous(),
                    "lives, but has not come to what all others wait for within " + text(late) + ": it hangs");
        }
        if (nanos > patience.silence().toNanos() && !told) {
            told = true;
            LOG.warn("{} lives, and is slow: waited for since {} s", membership.previous(), nanos / 1_000_000_000);
        }
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
        var story = aborts.await(() -> {
            checkLeft();
            waiting.await(true, false, 50);
        });
        return story != null ? story : lost(membership.next(), reason(e));
    }

    /** Tells the next rank why this one ends. Any thread may call it. */
    void abort(Failure failure) {
        send(failure, () -> Thread.sleep(SHORT));
    }

    /** The same, for the thread that waits for both. */
    void tell(Failure failure) {
        send(failure, () -> waiting.await(false, true, SHORT.toMillis()));
    }

    private void send(Failure failure, Aborts.Pause pause) {
        pulse.close();
        pulse.sending().lock();
        try {
            aborts.send(failure, pause);
        } finally {
            pulse.sending().unlock();
        }
    }

    private static Failure lost(Peer peer, String how) {
        return Failure.lost(peer.rank(), peer + " " + how);
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
        pulse.close();
        // The waiting last: whoever is woken up by that finds that nothing can be said any more.
        for (AutoCloseable each : new AutoCloseable[] {next, previous, waiting}) {
            try {
                each.close();
            } catch (Exception e) {
                // Nothing is left to be done on it.
            }
        }
    }
}
