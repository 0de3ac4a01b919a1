package dev.capstan.worker.ring;

import dev.capstan.worker.Gang;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;

/**
 * How long an all-reduce takes against its floor: the same bytes through the same kind of sockets, with nothing added
 * up and nobody waiting for what came before. Both are measured in turns, so that a busy machine slows both. Run it by
 * hand: {@code java -cp ... dev.capstan.worker.ring.RingBenchmark}.
 */
final class RingBenchmark {
    private static final int[] BYTES = {407_080, 1_000_000, 25_000_000, 100_000_000};
    private static final int ROUNDS = 7;

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
                servers[rank] = ServerSocketChannel.open().bind(new InetSocketAddress("localhost", 0));
            }
        }

        Void run(Ring ring) throws Exception {
            together.await();
            var next = SocketChannel.open(servers[(ring.rank() + 1) % size].getLocalAddress());
            Meeting.tune(next);
            try (next;
                    var previous = servers[ring.rank()].accept();
                    var writer = Executors.newSingleThreadExecutor()) {
                for (var bytes : BYTES) {
                    var floats = RingTest.floats(bytes / Float.BYTES);
                    int repeats = Math.max(1, 4_000_000 / bytes) * 3;
                    var rings = new double[ROUNDS];
                    var floors = new double[ROUNDS];
                    for (int round = -2; round < ROUNDS; round++) {
                        together.await();
                        long start = System.nanoTime();
                        for (int i = 0; i < repeats; i++) {
                            ring.allReduce(floats, 0);
                        }
                        together.await();
                        long middle = System.nanoTime();
                        for (int i = 0; i < repeats; i++) {
                            var sent = writer.submit(() -> transfer(next, floats, true));
                            transfer(previous, RingTest.floats(bytes / Float.BYTES), false);
                            sent.get();
                        }
                        together.await();
                        if (round >= 0) {
                            rings[round] = (middle - start) / 1e6 / repeats;
                            floors[round] = (System.nanoTime() - middle) / 1e6 / repeats;
                        }
                    }
                    if (ring.rank() == 0) {
                        print(bytes, median(rings), median(floors));
                    }
                }
            }
            return null;
        }

        /** What a ring of this size sends of that many bytes. */
        private Void transfer(SocketChannel channel, ByteBuffer floats, boolean out) throws IOException {
            long bytes = 2L * (size - 1) * floats.limit() / size;
            while (bytes > 0) {
                var part = floats.slice(0, (int) Math.min(bytes, floats.limit()));
                while (part.hasRemaining()) {
                    bytes -= out ? channel.write(part) : channel.read(part);
                }
            }
            return null;
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
