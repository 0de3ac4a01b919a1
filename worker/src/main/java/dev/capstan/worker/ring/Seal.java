package dev.capstan.worker.ring;

import dev.capstan.protocol.Wire;
import java.io.IOException;
import java.nio.ByteBuffer;

/** What is done to the messages of a connection on their way, at one end of it. */
interface Seal {
    /** Bytes that it adds to a message. */
    int tag();

    /**
     * Seals the next message.
     *
     * @param header sealed with it, and sent as it is
     * @param payload from its position to its limit, which stay
     * @return what is sent after the header, good until the next message; it may be the payload's own memory
     */
    ByteBuffer seal(byte[] header, ByteBuffer payload);

    /** Whether what comes after the header is the payload as it was, so that it may be received where it belongs. */
    boolean clear();

    /**
     * Opens the next message.
     *
     * @param header as it came
     * @param sealed what came after it, from 0 to its limit
     * @return its payload, good until the next message
     * @throws IOException if it isn't what the other end sent
     */
    ByteBuffer open(byte[] header, ByteBuffer sealed) throws IOException;

    /** At the end that sends. */
    static Seal ofSender(Link<?> link) {
        return link.frames() == Wire.Frames.PLAIN ? PLAIN : Encryption.ofSender(link.key());
    }

    /** At the end that receives. */
    static Seal ofReceiver(Link<?> link) {
        return link.frames() == Wire.Frames.PLAIN ? PLAIN : Encryption.ofReceiver(link.key());
    }

    /** None: whoever is between the two ends reads, and may change, what is sent. */
    Seal PLAIN = new Seal() {
        @Override
        public int tag() {
            return 0;
        }

        @Override
        public ByteBuffer seal(byte[] header, ByteBuffer payload) {
            return payload.duplicate();
        }

        @Override
        public boolean clear() {
            return true;
        }

        @Override
        public ByteBuffer open(byte[] header, ByteBuffer sealed) {
            return sealed;
        }
    };
}
