package dev.capstan.worker.ring;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

/** Sends one message after the other to the next peer, as the socket takes it. */
final class Outbox {
    private final SocketChannel channel;
    private final ByteBuffer header = ByteBuffer.allocateDirect(Header.BYTES);
    private final ByteBuffer[] parts = {header, ByteBuffer.allocate(0)};

    Outbox(SocketChannel channel) {
        this.channel = channel;
        header.limit(0);
    }

    /** Whether the last message is wholly with the socket, so that another may start. */
    boolean idle() {
        return !header.hasRemaining() && !parts[1].hasRemaining();
    }

    /** Starts a message; the payload must not change before the outbox is idle again. */
    void start(Header message, ByteBuffer payload) {
        header.clear();
        message.write(header);
        header.flip();
        parts[1] = payload;
    }

    /** Gives the socket what it takes now; returns whether it took anything. */
    boolean push() throws IOException {
        return channel.write(parts) > 0;
    }

    /** Forgets the message under way; only for one that nobody waits for. */
    void drop() {
        header.limit(0);
        parts[1] = ByteBuffer.allocate(0);
    }
}
