package dev.capstan.worker.ring;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;

/** What all operations of the ring have in common: they send and receive by turns, as sockets allow, to the end. */
abstract class Operation implements Inbox.Landing {
    private final Neighbours neighbours;
    private final long number;

    /** @param number which of the ring's operations this is, counted from 1 */
    Operation(Neighbours neighbours, long number) {
        this.neighbours = neighbours;
        this.number = number;
    }

    final long number() {
        return number;
    }

    /** Whether something is due from the previous rank. */
    abstract boolean receives();

    /** Whether anything more will be sent, now or later. */
    abstract boolean sends();

    /** Starts the next message, if it can go out already. */
    abstract void start(Outbox outbox);

    /**
     * Takes a message of this operation.
     *
     * @param payload from 0 to its limit; what {@link #place} gave, if it was received there
     */
    abstract void take(Header header, ByteBuffer payload);

    /**
     * Runs the operation to its end.
     *
     * @param late how long the slowest rank may take to come to it
     */
    final void run(Duration late) {
        neighbours.begin(number);
        while (receives() || sends() || !neighbours.idle()) {
            boolean moved = send();
            if (receives()) {
                moved |= receive();
            }
            if (!moved) {
                neighbours.await(number, receives(), sends(), late);
            }
        }
    }

    private boolean send() {
        try {
            boolean moved = neighbours.sending(this::push);
            if (moved) {
                neighbours.taken();
            }
            return moved;
        } catch (IOException e) {
            throw neighbours.lostNext(e);
        }
    }

    private boolean push(Outbox outbox) throws IOException {
        if (outbox.idle() && sends()) {
            start(outbox);
        }
        return !outbox.idle() && outbox.push();
    }

    private boolean receive() {
        var inbox = neighbours.inbox();
        try {
            boolean moved = inbox.pull(this);
            if (moved) {
                neighbours.heard();
            }
            if (inbox.complete()) {
                received(inbox.header(), inbox.open());
                inbox.next();
            }
            return moved;
        } catch (IOException e) {
            throw neighbours.lostPrevious(e);
        }
    }

    private void received(Header header, ByteBuffer payload) {
        if (header.kind() != Header.Kind.ABORT) {
            neighbours.previousIsAt(header.operation());
        }
        switch (header.kind()) {
            case HEARTBEAT -> {}
            case ABORT -> throw neighbours.told(header, payload);
            case PIECE -> take(header, payload);
        }
    }
}
