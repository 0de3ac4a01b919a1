package dev.capstan.worker.ring;

import java.io.EOFException;
import java.io.IOException;
import java.net.ProtocolException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ReadableByteChannel;

/** Receives one message after the other from the previous peer, as the socket gives it. */
final class Inbox {
    private final ReadableByteChannel channel;
    private final Seal seal;
    private final int term;
    private final byte[] headerBytes = new byte[Header.BYTES];
    private final ByteBuffer head = ByteBuffer.allocateDirect(Header.BYTES);
    /** As long as the longest message so far needs. */
    private ByteBuffer room = ByteBuffer.allocateDirect(0);
    /** What comes after the header: in the room, or where it belongs. */
    private ByteBuffer body = room;

    private Header header;

    /** @param term messages of any other are refused */
    Inbox(Link<? extends ReadableByteChannel> link, int term) {
        channel = link.channel();
        seal = Seal.ofReceiver(link);
        this.term = term;
    }

    /** Where a message's payload belongs. */
    interface Landing {
        Landing NONE = header -> null;

        /**
         * @param header of a message whose payload hasn't come yet
         * @return memory as long as the payload, from its position to its limit; null if it has to be looked at first
         */
        ByteBuffer place(Header header);
    }

    /**
     * Reads on in the message under way.
     *
     * @param landing where payloads may be received that come as they are
     * @return whether anything came
     * @throws EOFException if the peer closed the connection
     */
    boolean pull(Landing landing) throws IOException {
        boolean came = false;
        if (header == null) {
            came = read(head);
            if (head.hasRemaining()) {
                return came;
            }
            head.flip().get(headerBytes);
            header = Header.read(ByteBuffer.wrap(headerBytes));
            body = body(landing);
        }
        return came | read(body);
    }

    private ByteBuffer body(Landing landing) throws IOException {
        if (header.term() != term && seal.clear()) {
            throw ofAnotherTerm();
        }
        var place = seal.clear() ? landing.place(header) : null;
        if (place != null) {
            return place;
        }
        int length = header.length() + seal.tag();
        if (room.capacity() < length) {
            room = ByteBuffer.allocateDirect(length);
        }
        return room.clear().limit(length);
    }

    /** Whether all of the message is there. */
    boolean complete() {
        return header != null && !body.hasRemaining();
    }

    /** The header of the message that is complete, as {@link #open} has found it to be its sender's. */
    Header header() {
        return header;
    }

    /**
     * Opens the message that is complete.
     *
     * @return its payload from 0 to its limit, in native order, good until the next message
     * @throws IOException if it isn't what the peer sent, or is of another term
     */
    ByteBuffer open() throws IOException {
        var payload = seal.open(headerBytes, body.flip());
        if (header.term() != term) {
            throw ofAnotherTerm();
        }
        return payload.order(ByteOrder.nativeOrder());
    }

    private IOException ofAnotherTerm() {
        return new ProtocolException("sent a message of term " + header.term() + ", this is term " + term);
    }

    /** Ends the message under way, so that the next one can come. */
    void next() {
        header = null;
        head.clear();
    }

    private boolean read(ByteBuffer target) throws IOException {
        int count = target.hasRemaining() ? channel.read(target) : 0;
        if (count < 0) {
            throw new EOFException("closed the connection");
        }
        return count > 0;
    }
}
