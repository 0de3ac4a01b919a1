package dev.capstan.worker.ring;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;

/** Sends one sealed message after the other to the next peer, as the socket takes it. */
final class Outbox {
    private final ByteChannel channel;
    private final Seal seal;
    private final byte[] header = new byte[Header.BYTES];
    /** As long as the longest message so far needs. */
    private byte[] plain = {};

    private byte[] sealed = {};
    private ByteBuffer wire = ByteBuffer.allocate(0);

    Outbox(Link link) {
        channel = link.channel();
        seal = Seal.ofSender(link.key());
        wire.limit(0);
    }

    /** Whether the last message is wholly with the socket, so that another may start. */
    boolean idle() {
        return !wire.hasRemaining();
    }

    /** Starts a message; the payload may change as soon as this returns. */
    void start(Header message, ByteBuffer payload) {
        int length = payload.remaining();
        makeRoom(length);
        message.write(ByteBuffer.wrap(header));
        payload.get(payload.position(), plain, 0, length);
        seal.seal(header, plain, length, sealed);
        wire.clear().put(header).put(sealed, 0, length + Seal.TAG).flip();
    }

    private void makeRoom(int length) {
        if (sealed.length < length + Seal.TAG) {
            plain = new byte[length];
            sealed = new byte[length + Seal.TAG];
            wire = ByteBuffer.allocateDirect(Header.BYTES + length + Seal.TAG);
        }
    }

    /** Gives the socket what it takes now; returns whether it took anything. */
    boolean push() throws IOException {
        return channel.write(wire) > 0;
    }

    /** Forgets the message under way; only for one that nobody waits for. */
    void drop() {
        wire.limit(wire.position());
    }
}
