package dev.capstan.worker.ring;

import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.outcome.Failure;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
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
    private final Scratch scratch;
    private final Header.Rider[] riders;

    private int sendHop;
    private int sendPiece;
    private int receiveHop;
    private int receivePiece;

    Exchange(
            Membership membership,
            Neighbours neighbours,
            Scratch scratch,
            long operation,
            Chunks chunks,
            int hops,
            int addingHops,
            Header.Rider rider) {
        this.membership = membership;
        this.neighbours = neighbours;
        this.scratch = scratch;
        this.operation = operation;
        this.chunks = chunks;
        this.hops = hops;
        this.addingHops = addingHops;
        riders = new Header.Rider[membership.size()];
        riders[membership.rank()] = rider;
    }

    /** Where pieces lie that are to be added, and the adder; kept from operation to operation. */
    record Scratch(ByteBuffer piece, Sum sum) {
        Scratch(int bytes) {
            this(ByteBuffer.allocateDirect(bytes), new Sum());
        }
    }

    /**
     * Runs the operation to its end.
     *
     * @return every rank's rider
     */
    Header.Rider[] run(Duration silence) {
        neighbours.startWaiting();
        while (receiveHop < hops || sendHop < hops || !neighbours.outbox().idle()) {
            boolean moved = send();
            if (receiveHop < hops) {
                moved |= receive();
            }
            if (!moved) {
                neighbours.await(operation, receiveHop < hops, sendHop < hops, silence);
            }
        }
        return riders;
    }

    private boolean send() {
        var outbox = neighbours.outbox();
        if (outbox.idle() && sendHop < hops && maySend()) {
            int chunk = chunkOfHop(sendHop);
            var payload = chunks.piece(chunk, sendPiece);
            outbox.start(header(membership.rank(), sendHop, sendPiece, payload.remaining(), riders[chunk]), payload);
            if (++sendPiece == chunks.pieces(chunk)) {
                sendHop++;
                sendPiece = 0;
            }
        }
        if (outbox.idle()) {
            return false;
        }
        try {
            if (outbox.push()) {
                neighbours.taken();
                return true;
            }
            return false;
        } catch (IOException e) {
            throw neighbours.lostNext(e);
        }
    }

    /** What goes out is what came in the hop before. */
    private boolean maySend() {
        return sendHop == 0 || receiveHop >= sendHop || receiveHop == sendHop - 1 && receivePiece > sendPiece;
    }

    private boolean receive() {
        var inbox = neighbours.inbox();
        try {
            var moved = inbox.header() == null ? inbox.pullHeader() && begin() : inbox.pullPayload();
            if (moved) {
                neighbours.heard();
            }
            if (inbox.header() != null && inbox.complete()) {
                finish(inbox.header());
                inbox.next();
            }
            return moved;
        } catch (IOException e) {
            throw neighbours.lostPrevious(e);
        }
    }

    /** Decides by the header, if all of it is there, where its payload goes. */
    private boolean begin() throws IOException {
        var inbox = neighbours.inbox();
        var header = inbox.header();
        if (header == null) {
            return true;
        }
        switch (header.kind()) {
            case HEARTBEAT -> inbox.into(ByteBuffer.allocate(0));
            case ABORT -> throw neighbours.told();
            case PIECE -> {
                var place = chunks.piece(chunkOfHop(receiveHop + 1), receivePiece);
                checkPlace(header, place.remaining());
                inbox.into(adds() ? scratch.piece().clear().limit(place.remaining()) : place);
                inbox.pullPayload();
            }
        }
        return true;
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

    private void finish(Header header) {
        if (header.kind() != Header.Kind.PIECE) {
            return;
        }
        int chunk = chunkOfHop(receiveHop + 1);
        if (adds()) {
            var addend = scratch.piece().flip().order(ByteOrder.nativeOrder());
            scratch.sum().add(chunks.piece(chunk, receivePiece), addend);
        }
        if (receivePiece == 0 && receiveHop < membership.size() - 1) {
            riders[chunk] = header.rider();
        }
        if (++receivePiece == chunks.pieces(chunk)) {
            receiveHop++;
            receivePiece = 0;
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
        return new Header(Header.Kind.PIECE, membership.attempt(), sender, operation, hop, piece, length, rider);
    }
}
