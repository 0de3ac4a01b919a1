package dev.capstan.worker.ring;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

/** Receives one message after the other from the previous peer, as the socket gives it. */
final class Inbox {
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final SocketChannel channel;
    private final ByteBuffer headerBytes = ByteBuffer.allocateDirect(Header.BYTES);
    private Header header;
    private ByteBuffer payload = NOTHING;

    Inbox(SocketChannel channel) {
        this.channel = channel;
    }

    /** The header of the message under way; null until all of it is there. */
    Header header() {
        return header;
    }

    /**
     * Reads on in the header.
     *
     * @return whether anything came
     * @throws EOFException if the peer closed the connection
     */
    boolean pullHeader() throws IOException {
        var came = read(headerBytes);
        if (!headerBytes.hasRemaining()) {
            header = Header.read(headerBytes.flip());
            headerBytes.clear();
        }
        return came;
    }

    /** Says where the payload of the message under way goes. */
    void into(ByteBuffer target) {
        payload = target;
    }

    /** Reads on in the payload; returns whether anything came. */
    boolean pullPayload() throws IOException {
        return payload.hasRemaining() && read(payload);
    }

    /** Whether all of the payload is there. */
    boolean complete() {
        return !payload.hasRemaining();
    }

    /** Ends the message under way, so that the next one's header can come. */
    void next() {
        header = null;
        payload = NOTHING;
    }

    private boolean read(ByteBuffer target) throws IOException {
        int count = channel.read(target);
        if (count < 0) {
            throw new EOFException("closed the connection");
        }
        return count > 0;
    }
}
