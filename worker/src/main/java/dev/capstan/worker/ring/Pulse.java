package dev.capstan.worker.ring;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Signs of life for the next rank, from a thread of its own: also while this rank computes, reads or writes. Each tells
 * which operation this rank has come to, so that one who lives and gets nowhere is told from one who waits itself.
 */
final class Pulse implements AutoCloseable {
    private static final Duration EVERY = Duration.ofSeconds(5);

    private final Membership membership;
    private final Outbox outbox;
    /** Held by whoever uses the outbox. */
    private final ReentrantLock sending = new ReentrantLock();

    private final Duration every;
    private final Thread thread;
    private volatile long operation;
    private volatile long sentAt = System.nanoTime();
    private volatile IOException broken;

    /** @param silence after which this rank counts as lost; several signs come within it */
    Pulse(Membership membership, Outbox outbox, Duration silence) {
        this.membership = membership;
        this.outbox = outbox;
        var often = silence.dividedBy(6);
        every = often.compareTo(EVERY) < 0 ? often : EVERY;
        thread = Thread.ofPlatform().name("capstan-pulse").daemon().unstarted(this::beat);
    }

    void start() {
        thread.start();
    }

    /** Who has the lock may send. */
    ReentrantLock sending() {
        return sending;
    }

    /** This rank has come to an operation. */
    void at(long newOperation) {
        operation = newOperation;
    }

    /** Notes that something was sent, which is as good as a sign of life. */
    void sent() {
        sentAt = System.nanoTime();
    }

    /** Why no sign of life could be sent; null while they can. */
    IOException broken() {
        return broken;
    }

    private void beat() {
        try {
            while (true) {
                Thread.sleep(every.dividedBy(2));
                if (System.nanoTime() - sentAt >= every.toNanos() / 2) {
                    send();
                }
            }
        } catch (InterruptedException e) {
            // The ring is closed.
        } catch (IOException e) {
            broken = e;
        }
    }

    private void send() throws IOException {
        if (!sending.tryLock()) {
            return;
        }
        try {
            if (outbox.idle()) {
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
            }
            if (outbox.push()) {
                sent();
            }
        } catch (IOException e) {
            outbox.drop();
            throw e;
        } finally {
            sending.unlock();
        }
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
