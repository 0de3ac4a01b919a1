package dev.capstan.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.concurrent.Callable;

/** What the network alone costs: each rank streams to the next as many bytes as a ring all-reduce sends. */
final class Floor {
    private static final int PIECE = 1 << 20;

    private Floor() {}

    /** Seconds that the bytes of one all-reduce over {@code ranks} take, the mean over some after a warm-up. */
    static double seconds(int ranks, int bytes, int repeats) throws Exception {
        long each = 2L * (ranks - 1) * bytes / ranks;
        var tasks = new ArrayList<Callable<Double>>();
        for (int rank = 0; rank < ranks; rank++) {
            var server = ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            var sender = SocketChannel.open(server.getLocalAddress());
            var receiver = server.accept();
            server.close();
            sender.setOption(StandardSocketOptions.TCP_NODELAY, true);
            tasks.add(() -> {
                try (sender) {
                    return transfer(sender, each, repeats, false);
                }
            });
            tasks.add(() -> {
                try (receiver) {
                    return transfer(receiver, each, repeats, true);
                }
            });
        }
        return AllReduce.slowest(tasks);
    }

    private static double transfer(SocketChannel channel, long bytes, int repeats, boolean receive) throws IOException {
        var piece = ByteBuffer.allocateDirect((int) Math.min(PIECE, bytes));
        long start = 0;
        for (int i = -repeats; i < repeats; i++) {
            if (i == 0) {
                start = System.nanoTime();
            }
            for (long left = bytes; left > 0; ) {
                piece.clear().limit((int) Math.min(piece.capacity(), left));
                int done = receive ? channel.read(piece) : channel.write(piece);
                left -= done;
            }
        }
        return (System.nanoTime() - start) / 1e9 / repeats;
    }
}
