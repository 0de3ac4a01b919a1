package dev.capstan.worker.ring;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;

/**
 * Bytes of any number from one rank to all, in blocks that are broadcast, each after its length; one without bytes is
 * the end.
 */
final class Blocks {
    private Blocks() {}

    private static final int LONGEST = Ring.PIECE_BYTES;
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    /** What the source writes. */
    static final class Out extends OutputStream {
        private final Ring ring;
        private final ByteBuffer block = ByteBuffer.allocateDirect(LONGEST);
        /** Whether a broadcast is under way, or has failed: nothing can follow it. */
        private boolean broken;

        Out(Ring ring) {
            this.ring = ring;
        }

        @Override
        public void write(int one) {
            write(new byte[] {(byte) one}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int from, int length) {
            for (int at = 0; at < length; ) {
                int some = Math.min(length - at, block.remaining());
                block.put(bytes, from + at, some);
                at += some;
                if (!block.hasRemaining()) {
                    send();
                }
            }
        }

        private void send() {
            int length = block.position();
            broken = true;
            ring.broadcast(ring.rank(), NOTHING, length);
            if (length > 0) {
                ring.broadcast(ring.rank(), block.flip(), 0);
            }
            broken = false;
            block.clear();
        }

        @Override
        public void close() {
            if (broken) {
                return;
            }
            if (block.position() > 0) {
                send();
            }
            send();
        }
    }

    /** What all others read; closing it takes the rest, which others still wait for. */
    static final class In extends InputStream {
        private final Ring ring;
        private final int source;
        private final ByteBuffer block = ByteBuffer.allocateDirect(LONGEST).limit(0);
        private boolean ended;

        In(Ring ring, int source) {
            this.ring = ring;
            this.source = source;
        }

        @Override
        public int read() throws IOException {
            var one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] bytes, int from, int length) {
            if (length == 0) {
                return 0;
            }
            if (!block.hasRemaining() && !ended) {
                receive();
            }
            if (ended) {
                return -1;
            }
            int some = Math.min(length, block.remaining());
            block.get(bytes, from, some);
            return some;
        }

        private void receive() {
            // As long as it isn't known otherwise, nothing more comes.
            ended = true;
            int length = (int) ring.broadcast(source, NOTHING, 0);
            if (length > 0) {
                ring.broadcast(source, block.clear().limit(length), 0);
                ended = false;
            }
        }

        @Override
        public void close() {
            while (!ended) {
                receive();
            }
        }
    }
}
