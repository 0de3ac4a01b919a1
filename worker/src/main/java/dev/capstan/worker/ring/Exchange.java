package dev.capstan.worker.ring;

import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.outcome.Failure;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;

/**
 * One operation of the ring. In hop h, rank r sends chunk r - h and receives chunk r - h - 1 (modulo the number of
 * ranks): what came in one hop goes out in the next, piece by piece, so that hops overlap. In the first hops what comes
 * is added to what is there, in the others it replaces it.
 */
final class Exchange {
    private final Membership membership;
    private final Neighbours neighbours;
    private final long operation;
    private final Chunks chunks;
    private final int hops;
    private final int addingHops;
    private final Sum sum;
    private final Header.Rider[] riders;

    private int sendHop;
    private int sendPiece;
    private int receiveHop;
    private int receivePiece;

    Exchange(
            Membership membership,
            Neighbours neighbours,
            Sum sum,
            long operation,
            Chunks chunks,
            int hops,
            int addingHops,
            Header.Rider rider) {
        this.membership = membership;
        this.neighbours = neighbours;
        this.sum = sum;
        this.operation = operation;
        this.chunks = chunks;
        this.hops = hops;
        this.addingHops = addingHops;
        riders = new Header.Rider[membership.size()];
        riders[membership.rank()] = rider;
    }

    /**
     * Runs the operation to its end.
     *
     * @param late how long the slowest rank may take to come to it
     * @return every rank's rider
     */
    Header.Rider[] run(Duration late) {
        neighbours.begin(operation);
        while (receiveHop < hops || sendHop < hops || !neighbours.idle()) {
            boolean moved = send();
            if (receiveHop < hops) {
                moved |= receive();
            }
            if (!moved) {
                neighbours.await(operation, receiveHop < hops, sendHop < hops, late);
            }
        }
        return riders;
    }

    private boolean send() {
        try {
            boolean moved = neighbours.sending(this::send);
            if (moved) {
                neighbours.taken();
            }
            return moved;
        } catch (IOException e) {
            throw neighbours.lostNext(e);
        }
    }

    private boolean send(Outbox outbox) throws IOException {
        if (outbox.idle() && sendHop < hops && maySend()) {
            int chunk = chunkOfHop(sendHop);
            var payload = chunks.piece(chunk, sendPiece);
            outbox.start(header(membership.rank(), sendHop, sendPiece, payload.remaining(), riders[chunk]), payload);
            if (++sendPiece == chunks.pieces(chunk)) {
                sendHop++;
                sendPiece = 0;
            }
        }
        return !outbox.idle() && outbox.push();
    }

    /** What goes out is what came in the hop before. */
    private boolean maySend() {
        return sendHop == 0 || receiveHop >= sendHop || receiveHop == sendHop - 1 && receivePiece > sendPiece;
    }

    private boolean receive() {
        var inbox = neighbours.inbox();
        try {
            boolean moved = inbox.pull();
            if (moved) {
                neighbours.heard();
            }
            if (inbox.complete()) {
                take(inbox.header(), inbox.open());
                inbox.next();
            }
            return moved;
        } catch (IOException e) {
            throw neighbours.lostPrevious(e);
        }
    }

    private void take(Header header, ByteBuffer payload) {
        if (header.kind() != Header.Kind.ABORT) {
            neighbours.previousIsAt(header.operation());
        }
        switch (header.kind()) {
            case HEARTBEAT -> {}
            case ABORT -> throw neighbours.told(header, payload);
            case PIECE -> takePiece(header, payload);
        }
    }

    private void takePiece(Header header, ByteBuffer payload) {
        int chunk = chunkOfHop(receiveHop + 1);
        var place = chunks.piece(chunk, receivePiece);
        checkPlace(header, place.remaining());
        if (adds()) {
            sum.add(place, payload);
        } else {
            place.put(payload);
        }
        if (receivePiece == 0 && receiveHop < membership.size() - 1) {
            riders[chunk] = header.rider();
        }
        if (++receivePiece == chunks.pieces(chunk)) {
            receiveHop++;
            receivePiece = 0;
        }
    }

    private void checkPlace(Header header, int length) {
        var expected = header(membership.previous().rank(), receiveHop, receivePiece, length, Header.Rider.NONE);
        if (!header.samePlace(expected)) {
            throw new Failure(
                    Reason.WorkerError,
                    membership.previous() + " is out of step: it sent " + header + " where " + expected
                            + " was due; all workers must run the same version on the same job");
        }
    }

    private boolean adds() {
        return receiveHop < addingHops;
    }

    /** The chunk that this rank sends in a hop, which is the one that it received in the hop before. */
    private int chunkOfHop(int hop) {
        return Math.floorMod(membership.rank() - hop, membership.size());
    }

    private Header header(int sender, int hop, int piece, int length, Header.Rider rider) {
        return new Header(Header.Kind.PIECE, membership.term(), sender, operation, hop, piece, length, rider);
    }
}
