package dev.capstan.bench.serving;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

/**
 * A client that asks one question after the other. It knows as much of HTTP as it takes to ask the same thing all the
 * time: with one core, whatever it did more would be missing at the server.
 */
abstract class Connection implements AutoCloseable {
    private final SocketChannel channel;
    private ByteBuffer in = ByteBuffer.allocate(1 << 16);

    Connection(Target target) throws IOException {
        channel = SocketChannel.open(new InetSocketAddress("127.0.0.1", target.port()));
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        channel.configureBlocking(false);
    }

    final SocketChannel channel() {
        return channel;
    }

    /** Asks; nothing else may be asked before the answer is there. */
    abstract void ask(Question question) throws IOException;

    /**
     * Reads what has come.
     *
     * @return the answer, or null if more of it has to come
     * @throws IOException if the server refuses, or breaks off
     */
    final float[] read() throws IOException {
        if (!in.hasRemaining()) {
            in = ByteBuffer.allocate(2 * in.capacity()).put(in.flip());
        }
        if (channel.read(in) < 0) {
            throw new EOFException("the server has closed the connection");
        }
        in.flip();
        var answer = parse(in);
        in.compact();
        return answer;
    }

    /** Takes what is whole from the buffer; null if it isn't an answer yet. */
    abstract float[] parse(ByteBuffer received) throws IOException;

    final void write(ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            if (channel.write(bytes) == 0) {
                Thread.onSpinWait();
            }
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
