package dev.capstan.worker.ring;

import java.io.IOException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;

/** Waits for two sockets, which it makes non-blocking. */
final class Sockets implements Waiting {
    private final Selector selector;
    private final SelectionKey writing;
    private final SelectionKey reading;

    Sockets(SocketChannel next, SocketChannel previous) throws IOException {
        next.configureBlocking(false);
        previous.configureBlocking(false);
        selector = Selector.open();
        writing = next.register(selector, 0);
        reading = previous.register(selector, 0);
    }

    @Override
    public void await(boolean receives, boolean sends, long millis) throws IOException {
        writing.interestOps(sends ? SelectionKey.OP_WRITE : 0);
        reading.interestOps(receives ? SelectionKey.OP_READ : 0);
        selector.select(millis);
        selector.selectedKeys().clear();
    }

    @Override
    public void wakeUp() {
        selector.wakeup();
    }

    @Override
    public void close() throws IOException {
        selector.close();
    }
}
