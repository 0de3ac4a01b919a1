package dev.capstan.bench.allreduce;

import com.sun.management.OperatingSystemMXBean;
import dev.capstan.protocol.JobKeys;
import dev.capstan.worker.ring.Membership;
import dev.capstan.worker.ring.Patience;
import dev.capstan.worker.ring.Peer;
import dev.capstan.worker.ring.Ring;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;

/**
 * A rank as a process: for each line that it reads, {@code WAY FLOATS TIMES}, it adds up so many floats with its peers
 * so many times, and answers with what that took, in seconds of the clock and of processors. Each result is checked: a
 * fast wrong sum is no figure.
 */
final class Rank {
    private Rank() {}

    /** Arguments: rank, and for each {@link Way} the peers' addresses with commas. */
    public static void main(String[] arguments) throws IOException {
        int rank = Integer.parseInt(arguments[0]);
        var rings = new EnumMap<Way, Ring>(Way.class);
        var key = JobKeys.ring("benchmark".getBytes(StandardCharsets.UTF_8), "benchmark", 1);
        for (var way : Way.values()) {
            var peers = Peer.list(List.of(arguments[1 + way.ordinal()].split(",")));
            rings.put(way, Ring.join(new Membership("benchmark", 1, rank, peers, key, way.wire()), Patience.DEFAULT));
        }
        var system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        System.out.println("ready");
        for (var line = in.readLine(); line != null; line = in.readLine()) {
            var words = line.split(" ");
            var ring = rings.get(Way.valueOf(words[0]));
            int floats = Integer.parseInt(words[1]);
            int times = Integer.parseInt(words[2]);
            var buffer = ByteBuffer.allocateDirect(floats * Float.BYTES).order(ByteOrder.nativeOrder());
            // Nobody begins before all are there.
            ring.allGather(new byte[1], Patience.DEFAULT.late());
            long start = System.nanoTime();
            long computed = system.getProcessCpuTime();
            for (int i = 0; i < times; i++) {
                sum(ring, buffer);
            }
            System.out.printf(
                    Locale.ROOT,
                    "%.6f %.6f%n",
                    (System.nanoTime() - start) / 1e9,
                    (system.getProcessCpuTime() - computed) / 1e9);
        }
        rings.values().forEach(Ring::close);
    }

    private static void sum(Ring ring, ByteBuffer buffer) {
        int last = buffer.limit() - Float.BYTES;
        buffer.putFloat(0, 1).putFloat(last, 2);
        ring.allReduce(buffer, 0);
        if (buffer.getFloat(0) != ring.size() || buffer.getFloat(last) != 2 * ring.size()) {
            throw new IllegalStateException("a wrong sum: " + buffer.getFloat(0) + ", " + buffer.getFloat(last));
        }
    }
}
