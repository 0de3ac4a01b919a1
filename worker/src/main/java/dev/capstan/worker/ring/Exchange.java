package dev.capstan.worker.ring;

import java.nio.ByteBuffer;

/**
 * A sum or a gather. In hop h, rank r sends chunk r - h and receives chunk r - h - 1 (modulo the number of ranks): what
 * came in one hop goes out in the next, piece by piece, so that hops overlap. In the first hops what comes is added to
 * what is there, in the others it replaces it.
 */
final class Exchange extends Operation {
    private final Membership membership;
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
        super(neighbours, operation);
        this.membership = membership;
        this.sum = sum;
        this.chunks = chunks;
        this.hops = hops;
        this.addingHops = addingHops;
        riders = new Header.Rider[membership.size()];
        riders[membership.rank()] = rider;
    }

    /** Every rank's rider, once the operation has run. */
    Header.Rider[] riders() {
        return riders;
    }

    @Override
    boolean receives() {
        return receiveHop < hops;
    }

    @Override
    boolean sends() {
        return sendHop < hops;
    }

    @Override
    void start(Outbox outbox) {
        // What goes out is what came in the hop before.
        if (sendHop > 0 && receiveHop < sendHop && (receiveHop < sendHop - 1 || receivePiece <= sendPiece)) {
            return;
        }
        int chunk = chunkOfHop(sendHop);
        var payload = chunks.piece(chunk, sendPiece);
        outbox.start(header(membership.rank(), sendHop, sendPiece, payload.remaining(), riders[chunk]), payload);
        if (++sendPiece == chunks.pieces(chunk)) {
            sendHop++;
            sendPiece = 0;
        }
    }

    @Override
    void take(Header header, ByteBuffer payload) {
        int chunk = chunkOfHop(receiveHop + 1);
        var place = chunks.piece(chunk, receivePiece);
        membership.checkPlace(
                header,
                header(membership.previous().rank(), receiveHop, receivePiece, place.remaining(), Header.Rider.NONE));
        if (receiveHop < addingHops) {
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

    /** The chunk that this rank sends in a hop, which is the one that it received in the hop before. */
    private int chunkOfHop(int hop) {
        return Math.floorMod(membership.rank() - hop, membership.size());
    }

    private Header header(int sender, int hop, int piece, int length, Header.Rider rider) {
        return new Header(Header.Kind.PIECE, membership.term(), sender, number(), hop, piece, length, rider);
    }
}
