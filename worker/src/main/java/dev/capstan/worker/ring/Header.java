package dev.capstan.worker.ring;

import java.io.IOException;
import java.net.ProtocolException;
import java.nio.ByteBuffer;

/**
 * What every message between peers starts with; {@code length} bytes of payload follow it.
 *
 * @param kind what the message is
 * @param term the membership that the sender belongs to
 * @param sender the rank that wrote the message; for an abort, the rank that failed first
 * @param operation which of the ring's operations it belongs to, counted from 1; of a heartbeat, the last one that the
 *     sender has come to
 * @param hop which turn of the operation
 * @param piece which part of the hop's chunk; of an abort, the rank that was lost, -1 if none was
 * @param length bytes of payload
 * @param rider what rides along with the first piece of a hop
 */
record Header(Kind kind, int term, int sender, long operation, int hop, int piece, int length, Rider rider) {
    /** Encoded length in bytes. */
    static final int BYTES = 48;

    private static final int MAGIC = 0x43505354;

    /**
     * What a rank adds to an operation beside its numbers.
     *
     * @param tally a number that is summed
     * @param wishes bits that are united
     */
    record Rider(double tally, int wishes) {
        static final Rider NONE = new Rider(0, 0);
    }

    enum Kind {
        /** A part of a chunk. */
        PIECE,
        /** Nothing but a sign of life. */
        HEARTBEAT,
        /** The sender ends; its payload says why. */
        ABORT
    }

    void write(ByteBuffer target) {
        target.putInt(MAGIC)
                .putInt(kind.ordinal())
                .putInt(term)
                .putInt(sender)
                .putLong(operation)
                .putInt(hop)
                .putInt(piece)
                .putInt(length)
                .putInt(rider.wishes)
                .putDouble(rider.tally);
    }

    /** @throws IOException if the bytes are no header: the stream is out of step or not a peer's */
    static Header read(ByteBuffer source) throws IOException {
        int magic = source.getInt();
        int kind = source.getInt();
        if (magic != MAGIC || kind < 0 || kind >= Kind.values().length) {
            throw new ProtocolException("sent something that is no message of the ring");
        }
        int term = source.getInt();
        int sender = source.getInt();
        long operation = source.getLong();
        int hop = source.getInt();
        int piece = source.getInt();
        int length = source.getInt();
        if (length < 0 || length > Ring.PIECE_BYTES) {
            throw new ProtocolException("sent a message that claims " + length + " bytes");
        }
        int wishes = source.getInt();
        var rider = new Rider(source.getDouble(), wishes);
        return new Header(Kind.values()[kind], term, sender, operation, hop, piece, length, rider);
    }

    /** Whether the other header belongs at the same place of the same operation. */
    boolean samePlace(Header other) {
        return term == other.term
                && operation == other.operation
                && hop == other.hop
                && piece == other.piece
                && length == other.length;
    }
}
