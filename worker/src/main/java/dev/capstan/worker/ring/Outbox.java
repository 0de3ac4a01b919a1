package dev.capstan.worker.ring;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.GatheringByteChannel;

/** Sends one message after the other to the next peer, as the socket takes it. */
final class Outbox {
    private final GatheringByteChannel channel;
    private final Seal seal;
    private final byte[] header = new byte[Header.BYTES];
    private final ByteBuffer head = ByteBuffer.allocateDirect(Header.BYTES).limit(0);
    /** The message under way: its header, and what comes after it. */
    private final ByteBuffer[] message = {head, head};

    Outbox(Link<? extends GatheringByteChannel> link) {
        channel = link.channel();
        seal = Seal.ofSender(link);
    }

    /** Whether the last message is wholly with the socket, so that another may start. */
    boolean idle() {
        return !message[1].hasRemaining() && !head.hasRemaining();
    }

    /** Starts a message; the payload has to stay as it is until the message is with the socket. */
    void start(Header of, ByteBuffer payload) {
        of.write(ByteBuffer.wrap(header));
        head.clear().put(header).flip();
        message[1] = seal.seal(header, payload);
    }

    /** Gives the socket what it takes now; returns whether it took anything. */
    boolean push() throws IOException {
        return channel.write(message) > 0;
    }

    /** Forgets the message under way; only for one that nobody waits for. */
    void drop() {
        head.limit(head.position());
        message[1] = head;
    }
}
