package dev.capstan.worker.ring;

import java.nio.ByteBuffer;

/**
 * A sum or a gather. In hop h, rank r sends chunk r - h and receives chunk r - h - 1 (modulo the number of ranks): what
 * came in one hop goes out in the next, piece by piece, so that hops overlap. In the first hops what comes is added to
 * this rank's own, in the others it is taken as it is.
 */
final class Exchange extends Operation {
    private final Membership membership;
    private final Numbers numbers;
    private final Chunks own;
    private final Chunks result;
    private final int hops;
    private final int addingHops;
    private final Header.Rider[] riders;

    private int sendHop;
    private int sendPiece;
    private int receiveHop;
    private int receivePiece;
    /** Where the payload under way is received, if it is where it belongs. */
    private ByteBuffer landing;

    /**
     * @param numbers how both chunks are sent
     * @param own what this rank brings
     * @param result what it comes to; may be the same
     */
    Exchange(
            Membership membership,
            Neighbours neighbours,
            Numbers numbers,
            long operation,
            Chunks own,
            Chunks result,
            int hops,
            int addingHops,
            Header.Rider rider) {
        super(neighbours, operation);
        this.membership = membership;
        this.numbers = numbers;
        this.own = own;
        this.result = result;
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

    /**
     * What is sent may be sent from where it lies: it is replaced only by what has come of it, once the next rank has
     * it.
     */
    @Override
    void start(Outbox outbox) {
        // What goes out is what came in the hop before.
        if (sendHop > 0 && receiveHop < sendHop && (receiveHop < sendHop - 1 || receivePiece <= sendPiece)) {
            return;
        }
        int chunk = chunkOfHop(sendHop);
        var payload = numbers.sent((sendHop == 0 ? own : result).piece(chunk, sendPiece));
        outbox.start(header(membership.rank(), sendHop, sendPiece, payload.remaining(), riders[chunk]), payload);
        if (++sendPiece == own.pieces(chunk)) {
            sendHop++;
            sendPiece = 0;
        }
    }

    @Override
    public ByteBuffer place(Header header) {
        if (!receives() || receiveHop < addingHops || !numbers.asTheyAre()) {
            return null;
        }
        landing = piece();
        return due(landing).samePlace(header) ? landing : null;
    }

    @Override
    void take(Header header, ByteBuffer payload) {
        int chunk = chunkOfHop(receiveHop + 1);
        var place = piece();
        membership.checkPlace(header, due(place));
        if (receiveHop < addingHops) {
            numbers.add(place, own.piece(chunk, receivePiece), payload);
        } else if (payload != landing) {
            numbers.put(place, payload);
        }
        if (receiveHop == addingHops - 1) {
            numbers.round(place);
        }
        if (receivePiece == 0 && receiveHop < membership.size() - 1) {
            riders[chunk] = header.rider();
        }
        if (++receivePiece == own.pieces(chunk)) {
            receiveHop++;
            receivePiece = 0;
        }
    }

    /** The chunk that this rank sends in a hop, which is the one that it received in the hop before. */
    private int chunkOfHop(int hop) {
        return Math.floorMod(membership.rank() - hop, membership.size());
    }

    /** Where that goes which comes next. */
    private ByteBuffer piece() {
        return result.piece(chunkOfHop(receiveHop + 1), receivePiece);
    }

    private Header due(ByteBuffer piece) {
        int length = numbers.length(piece.limit());
        return header(membership.previous().rank(), receiveHop, receivePiece, length, Header.Rider.NONE);
    }

    private Header header(int sender, int hop, int piece, int length, Header.Rider rider) {
        return new Header(Header.Kind.PIECE, membership.term(), sender, number(), hop, piece, length, rider);
    }
}
