package dev.capstan.worker.ring;

import dev.capstan.worker.Gang;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.CyclicBarrier;

/**
 * How long an all-reduce takes against its floor: the same bytes through the same kind of sockets, with nothing added
 * up and nobody waiting for what came before. Both are measured in turns, so that a busy machine slows both. Run it by
 * hand: {@code java -cp ... dev.capstan.worker.ring.RingBenchmark}.
 */
final class RingBenchmark {
    private static final int[] BYTES = {407_080, 1_000_000, 25_000_000, 100_000_000};
    private static final int WARM_UP = 5;
    private static final int ROUNDS = 15;

    private RingBenchmark() {}

    public static void main(String[] arguments) throws Exception {
        System.out.printf("%8s %12s %12s %12s %8s%n", "workers", "bytes", "ring ms", "floor ms", "ratio");
        for (int size : new int[] {2, 4}) {
            Gang.run(size, Patience.DEFAULT, new Rounds(size)::run);
        }
    }

    private static final class Rounds {
        private final int size;
        private final CyclicBarrier together;
        private final ServerSocketChannel[] servers;

        Rounds(int size) throws IOException {
            this.size = size;
            together = new CyclicBarrier(size);
            servers = new ServerSocketChannel[size];
            for (int rank = 0; rank < size; rank++) {
                servers[rank] = ServerSocketChannel.open();
                servers[rank].setOption(StandardSocketOptions.SO_RCVBUF, Meeting.SOCKET_BUFFER);
                servers[rank].bind(new InetSocketAddress("localhost", 0));
            }
        }

        Void run(Ring ring) throws Exception {
            together.await();
            var next = SocketChannel.open(servers[(ring.rank() + 1) % size].getLocalAddress());
            try (next;
                    var previous = servers[ring.rank()].accept()) {
                for (var channel : new SocketChannel[] {next, previous}) {
                    Meeting.tune(channel);
                    channel.configureBlocking(false);
                }
                for (var bytes : BYTES) {
                    measure(ring, next, previous, RingTest.floats(bytes / Float.BYTES));
                }
            }
            return null;
        }

        private void measure(Ring ring, SocketChannel next, SocketChannel previous, ByteBuffer floats)
                throws Exception {
            var received = RingTest.floats(floats.limit() / Float.BYTES);
            int repeats = Math.max(1, 4_000_000 / floats.limit()) * 3;
            var rings = new double[ROUNDS];
            var floors = new double[ROUNDS];
            for (int round = -WARM_UP; round < ROUNDS; round++) {
                together.await();
                long start = System.nanoTime();
                for (int i = 0; i < repeats; i++) {
                    ring.allReduce(floats, 0);
                }
                together.await();
                long middle = System.nanoTime();
                for (int i = 0; i < repeats; i++) {
                    transfer(next, previous, floats, received);
                }
                together.await();
                if (round >= 0) {
                    rings[round] = (middle - start) / 1e6 / repeats;
                    floors[round] = (System.nanoTime() - middle) / 1e6 / repeats;
                }
            }
            if (ring.rank() == 0) {
                print(floats.limit(), median(rings), median(floors));
            }
        }

        /** Sends and receives as many bytes as a ring of this size does. */
        private void transfer(SocketChannel next, SocketChannel previous, ByteBuffer from, ByteBuffer to)
                throws IOException {
            long out = 2L * (size - 1) * from.limit() / size;
            long in = out;
            while (out > 0 || in > 0) {
                long before = out + in;
                out -= out == 0 ? 0 : next.write(piece(from, out));
                in -= in == 0 ? 0 : previous.read(piece(to, in));
                if (out + in == before) {
                    Thread.yield();
                }
            }
        }

        private static ByteBuffer piece(ByteBuffer buffer, long left) {
            return buffer.slice(0, (int) Math.min(left, Math.min(buffer.limit(), Ring.PIECE_BYTES)));
        }

        private void print(int bytes, double ring, double floor) {
            System.out.printf(Locale.ROOT, "%8d %12d %12.2f %12.2f %8.2f%n", size, bytes, ring, floor, ring / floor);
        }

        private static double median(double[] values) {
            Arrays.sort(values);
            return values[values.length / 2];
        }
    }
}
