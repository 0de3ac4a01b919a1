package dev.capstan.bench;

import dev.capstan.protocol.JobKeys;
import dev.capstan.worker.ring.Membership;
import dev.capstan.worker.ring.Patience;
import dev.capstan.worker.ring.Peer;
import dev.capstan.worker.ring.Ring;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * The ring against its floor: plain sockets round the same ring that carry the same bytes and add nothing up. Ranks are
 * threads of one process, joined by loopback. Every result is checked: a fast wrong sum is no figure.
 */
final class AllReduce {
    private static final int ROUNDS = 5;
    private static final List<Double> MEGABYTES = List.of(0.4, 1.0, 25.0);

    private AllReduce() {}

    public static void main(String[] arguments) throws Exception {
        int ranks = Integer.parseInt(arguments[1]);
        var sizes = arguments.length > 2
                ? Arrays.stream(arguments).skip(2).map(Double::valueOf).toList()
                : MEGABYTES;
        var summary = new StringBuilder("ranks=" + ranks);
        try (var csv = new Csv(Path.of(arguments[0]), "round,ranks,bytes,ring_seconds,floor_seconds")) {
            for (double megabytes : sizes) {
                int floats = (int) (megabytes * 1e6 / Float.BYTES);
                var ratios = new ArrayList<Double>();
                for (int round = 0; round < ROUNDS; round++) {
                    double ring = ring(ranks, floats);
                    double floor = Floor.seconds(ranks, floats * Float.BYTES, repeats(floats));
                    csv.row("%d,%d,%d,%.6f,%.6f", round, ranks, floats * Float.BYTES, ring, floor);
                    ratios.add(floor / ring);
                    System.out.printf(
                            Locale.ROOT,
                            "%5.1f MB  ring %8.3f ms  floor %8.3f ms  %.2f of the floor's speed%n",
                            megabytes,
                            ring * 1e3,
                            floor * 1e3,
                            floor / ring);
                }
                summary.append(String.format(Locale.ROOT, " ratio_%.1fmb=%.2f", megabytes, Csv.median(ratios)));
            }
        }
        System.out.println(summary + " csv=" + arguments[0]);
    }

    /** Seconds of one all-reduce, the mean over some after a warm-up. */
    private static double ring(int ranks, int floats) throws Exception {
        var peers = Peer.list(
                freePorts(ranks).stream().map(port -> "127.0.0.1:" + port).toList());
        var key = JobKeys.ring("benchmark".getBytes(StandardCharsets.UTF_8), "benchmark", 1);
        var tasks = new ArrayList<Callable<Double>>();
        for (int rank = 0; rank < ranks; rank++) {
            var membership = new Membership("benchmark", 1, rank, peers, key);
            tasks.add(() -> {
                try (var ring = Ring.join(membership, Patience.DEFAULT)) {
                    var buffer = ByteBuffer.allocateDirect(floats * Float.BYTES).order(ByteOrder.nativeOrder());
                    var numbers = buffer.asFloatBuffer();
                    int repeats = repeats(floats);
                    long start = 0;
                    for (int i = -repeats; i < repeats; i++) {
                        numbers.put(0, 1).put(floats - 1, 2);
                        if (i == 0) {
                            start = System.nanoTime();
                        }
                        ring.allReduce(buffer, 0);
                        if (numbers.get(0) != ranks || numbers.get(floats - 1) != 2 * ranks) {
                            throw new IllegalStateException("wrong sum " + numbers.get(0));
                        }
                    }
                    return (System.nanoTime() - start) / 1e9 / repeats;
                }
            });
        }
        return slowest(tasks);
    }

    private static int repeats(int floats) {
        return Math.clamp(100_000_000L / floats / Float.BYTES, 4, 400);
    }

    static double slowest(List<Callable<Double>> tasks) throws Exception {
        try (ExecutorService threads = Executors.newCachedThreadPool()) {
            double slowest = 0;
            for (var each : threads.invokeAll(tasks)) {
                slowest = Math.max(slowest, each.get());
            }
            return slowest;
        }
    }

    static List<Integer> freePorts(int count) throws IOException {
        var sockets = new ArrayList<ServerSocket>();
        try {
            for (int i = 0; i < count; i++) {
                sockets.add(new ServerSocket(0));
            }
            return sockets.stream().map(ServerSocket::getLocalPort).toList();
        } finally {
            for (var socket : sockets) {
                socket.close();
            }
        }
    }
}
