package dev.capstan.worker.ring;

import java.nio.ByteBuffer;

/** Hands one rank's buffer to all: each passes it on, piece by piece, but for the last before the source. */
final class Broadcast extends Operation {
    private final Membership membership;
    private final Chunks chunks;
    private final int pieces;
    /** From the source, in the ring's direction. */
    private final int distance;

    private final Header.Rider[] rider = new Header.Rider[1];
    private int sent;
    private int received;
    /** Where the payload under way is received, if it is where it belongs. */
    private ByteBuffer landing;

    /**
     * @param source the rank whose buffer all get
     * @param buffer of the same length on every rank
     * @param rider what the source sends along
     */
    Broadcast(
            Membership membership,
            Neighbours neighbours,
            long operation,
            int source,
            ByteBuffer buffer,
            Header.Rider rider) {
        super(neighbours, operation);
        this.membership = membership;
        chunks = new Chunks(buffer, 1, 1, Ring.PIECE_BYTES);
        pieces = chunks.pieces(0);
        distance = Math.floorMod(membership.rank() - source, membership.size());
        received = distance == 0 ? pieces : 0;
        sent = distance == membership.size() - 1 ? pieces : 0;
        this.rider[0] = rider;
    }

    /** What the source sent along, once the operation has run. */
    Header.Rider rider() {
        return rider[0];
    }

    @Override
    boolean receives() {
        return received < pieces;
    }

    @Override
    boolean sends() {
        return sent < pieces;
    }

    @Override
    void start(Outbox outbox) {
        if (sent < received) {
            var payload = chunks.piece(0, sent);
            outbox.start(header(membership.rank(), distance, sent, payload.remaining(), rider[0]), payload);
            sent++;
        }
    }

    @Override
    public ByteBuffer place(Header header) {
        if (!receives()) {
            return null;
        }
        landing = chunks.piece(0, received);
        return due(landing).samePlace(header) ? landing : null;
    }

    @Override
    void take(Header header, ByteBuffer payload) {
        var place = chunks.piece(0, received);
        membership.checkPlace(header, due(place));
        if (payload != landing) {
            place.put(payload);
        }
        if (received == 0) {
            rider[0] = header.rider();
        }
        received++;
    }

    private Header due(ByteBuffer place) {
        return header(membership.previous().rank(), distance - 1, received, place.limit(), Header.Rider.NONE);
    }

    private Header header(int sender, int hop, int piece, int length, Header.Rider rider) {
        return new Header(Header.Kind.PIECE, membership.term(), sender, number(), hop, piece, length, rider);
    }
}
