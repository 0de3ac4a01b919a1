package dev.capstan.worker.ring;

import java.io.EOFException;
import java.io.IOException;
import java.net.ProtocolException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ByteChannel;

/** Receives one sealed message after the other from the previous peer, as the socket gives it. */
final class Inbox {
    private final ByteChannel channel;
    private final Seal seal;
    private final int term;
    private final byte[] headerBytes = new byte[Header.BYTES];
    /** As long as the longest message so far needs. */
    private byte[] sealed = {};

    private byte[] plain = {};
    private ByteBuffer wire = ByteBuffer.allocateDirect(Header.BYTES);
    private Header header;

    /** @param term messages of any other are refused */
    Inbox(Link link, int term) {
        channel = link.channel();
        seal = Seal.ofReceiver(link.key());
        this.term = term;
    }

    /**
     * Reads on in the message under way.
     *
     * @return whether anything came
     * @throws EOFException if the peer closed the connection
     */
    boolean pull() throws IOException {
        boolean came = read();
        if (header == null && !wire.hasRemaining()) {
            wire.flip().get(headerBytes);
            header = Header.read(ByteBuffer.wrap(headerBytes));
            makeRoom(header.length());
            wire.clear().limit(header.length() + Seal.TAG);
            read();
        }
        return came;
    }

    private void makeRoom(int length) {
        if (sealed.length < length + Seal.TAG) {
            plain = new byte[length];
            sealed = new byte[length + Seal.TAG];
            wire = ByteBuffer.allocateDirect(Math.max(Header.BYTES, length + Seal.TAG));
        }
    }

    /** Whether all of the message is there. */
    boolean complete() {
        return header != null && !wire.hasRemaining();
    }

    /** The header of the message that is complete, as {@link #open} has found it to be its sender's. */
    Header header() {
        return header;
    }

    /**
     * Opens the message that is complete.
     *
     * @return its payload, in native order, good until the next message
     * @throws IOException if it isn't what the peer sent, or is of another term
     */
    ByteBuffer open() throws IOException {
        wire.flip().get(sealed, 0, wire.limit());
        seal.open(headerBytes, sealed, header.length(), plain);
        if (header.term() != term) {
            throw new ProtocolException("sent a message of term " + header.term() + ", this is term " + term);
        }
        return ByteBuffer.wrap(plain, 0, header.length()).order(ByteOrder.nativeOrder());
    }

    /** Ends the message under way, so that the next one can come. */
    void next() {
        header = null;
        wire.clear().limit(Header.BYTES);
    }

    private boolean read() throws IOException {
        int count = wire.hasRemaining() ? channel.read(wire) : 0;
        if (count < 0) {
            throw new EOFException("closed the connection");
        }
        return count > 0;
    }
}
