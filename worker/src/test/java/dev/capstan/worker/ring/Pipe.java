package dev.capstan.worker.ring;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.nio.channels.GatheringByteChannel;

/** One direction of a connection that holds a few bytes; what is in it is lost, in part, when it is cut. */
final class Pipe {
    private final ByteBuffer bytes;
    private boolean closed;

    /** One of them writes, the other reads. */
    interface End extends ByteChannel, GatheringByteChannel {}

    /** @param room how many bytes it holds */
    Pipe(int room) {
        bytes = ByteBuffer.allocate(room);
    }

    boolean readable() {
        return closed || bytes.position() > 0;
    }

    boolean writable() {
        return closed || bytes.hasRemaining();
    }

    /** @param left how many of the bytes under way still arrive */
    void cut(int left) {
        closed = true;
        bytes.position(Math.min(bytes.position(), left));
    }

    int underWay() {
        return bytes.position();
    }

    /** Both ends. */
    End channel() {
        return new End() {
            @Override
            public long write(ByteBuffer[] sources) throws IOException {
                return write(sources, 0, sources.length);
            }

            @Override
            public long write(ByteBuffer[] sources, int offset, int length) throws IOException {
                long count = 0;
                for (int i = offset; i < offset + length; i++) {
                    count += write(sources[i]);
                }
                return count;
            }

            @Override
            public int read(ByteBuffer target) {
                bytes.flip();
                int count = Math.min(bytes.remaining(), target.remaining());
                target.put(target.position(), bytes, 0, count).position(target.position() + count);
                bytes.position(count);
                bytes.compact();
                return count == 0 && closed ? -1 : count;
            }

            @Override
            public int write(ByteBuffer source) throws IOException {
                if (closed) {
                    throw new IOException("Connection reset");
                }
                int count = Math.min(bytes.remaining(), source.remaining());
                bytes.put(bytes.position(), source, source.position(), count).position(bytes.position() + count);
                source.position(source.position() + count);
                return count;
            }

            @Override
            public boolean isOpen() {
                return !closed;
            }

            @Override
            public void close() {
                closed = true;
            }
        };
    }
}
