package dev.capstan.worker.ring;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.outcome.Failure;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;

/**
 * Last words: a worker that fails tells the next rank why, which passes it on. Without them every worker would name the
 * neighbour that left it, and the user would have to guess who was first.
 */
final class Aborts {
    private static final Duration PATIENCE = Duration.ofSeconds(1);
    /** How often at most it is waited until the next rank takes words. */
    private static final int PAUSES = (int) PATIENCE.dividedBy(Neighbours.SHORT);

    private static final int LONGEST = 4000;

    private final Membership membership;
    private final Outbox outbox;
    private final Inbox inbox;

    /** What another rank told, to be passed on as it came; null if this rank is the first. */
    private Words told;

    Aborts(Membership membership, Outbox outbox, Inbox inbox) {
        this.membership = membership;
        this.outbox = outbox;
        this.inbox = inbox;
    }

    /**
     * @param origin the rank that was the first to fail
     * @param lost the rank that it has lost; -1 if it failed for another reason
     */
    private record Words(int origin, int lost, Reason reason, String message) {
        byte[] encode() {
            var bytes = (reason + "\n" + message).getBytes(UTF_8);
            return bytes.length <= LONGEST ? bytes : Arrays.copyOf(bytes, LONGEST);
        }

        static Words decode(int origin, int lost, ByteBuffer bytes) {
            var lines = UTF_8.decode(bytes).toString().split("\n", 2);
            try {
                return new Words(origin, lost, Reason.valueOf(lines[0]), lines.length > 1 ? lines[1] : "");
            } catch (IllegalArgumentException e) {
                return new Words(origin, lost, Reason.WorkerError, String.join(" ", lines));
            }
        }

        Failure failure() {
            return reason == Reason.PeerLost
                    ? Failure.lostElsewhere(lost, message + " (found by rank " + origin + ")")
                    : Failure.elsewhere(reason, "rank " + origin + " ended: " + message);
        }
    }

    /** Waits for a socket a moment. */
    interface Pause {
        void run() throws IOException, InterruptedException;
    }

    /** Sends this worker's last words, or passes another's on. */
    void send(Failure failure, Pause pause) {
        var words = told != null
                ? told
                : new Words(membership.rank(), failure.lost(), failure.reason(), failure.getMessage());
        if (words.origin() == membership.next().rank()) {
            return;
        }
        var bytes = words.encode();
        var header = new Header(
                Header.Kind.ABORT,
                membership.term(),
                words.origin(),
                0,
                0,
                words.lost(),
                bytes.length,
                Header.Rider.NONE);
        try {
            // A message under way has to be finished first.
            if (push(pause)) {
                outbox.start(header, ByteBuffer.wrap(bytes));
                push(pause);
            }
        } catch (IOException e) {
            // The next rank is gone; it needs to be told nothing.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean push(Pause pause) throws IOException, InterruptedException {
        for (int left = PAUSES; !outbox.idle() && left > 0; ) {
            if (!outbox.push()) {
                pause.run();
                left--;
            }
        }
        return outbox.idle();
    }

    /** Takes the words of an abort message. */
    Failure receive(Header header, ByteBuffer words) {
        told = Words.decode(header.sender(), header.piece(), words);
        return told.failure();
    }

    /** Skips what the previous rank sends until it tells of an end; null if it doesn't within the time. */
    Failure await(Pause pause) {
        try {
            var deadline = System.nanoTime() + 2 * PATIENCE.toNanos();
            while (System.nanoTime() < deadline) {
                boolean moved = inbox.pull(Inbox.Landing.NONE);
                if (inbox.complete()) {
                    var payload = inbox.open();
                    if (inbox.header().kind() == Header.Kind.ABORT) {
                        return receive(inbox.header(), payload);
                    }
                    inbox.next();
                }
                if (!moved) {
                    pause.run();
                }
            }
        } catch (IOException e) {
            // The previous rank is gone as well, and told nothing.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return null;
    }
}
