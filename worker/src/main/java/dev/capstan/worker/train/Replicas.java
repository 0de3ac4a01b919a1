package dev.capstan.worker.train;

import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.model.Native;
import dev.capstan.worker.model.Network;
import dev.capstan.worker.outcome.Failure;
import dev.capstan.worker.ring.Ring;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.zip.CRC32C;

/** Whether all ranks hold the same parameters, as they must after every step. */
final class Replicas {
    private static final Duration SILENCE = Duration.ofMinutes(1);

    private Replicas() {}

    /** A checksum over the parameters' bits. */
    static long checksum(Network network) {
        var crc = new CRC32C();
        crc.update(Native.memory(network.parameters()));
        return crc.getValue();
    }

    /** @throws Failure WorkerError, naming a rank whose parameters differ from rank 0's */
    static void check(Network network, Ring ring) {
        check(network, ring, SILENCE);
    }

    /** As {@link #check(Network, Ring)}, where a rank may take its time to come. */
    static void check(Network network, Ring ring, Duration silence) {
        var mine = ByteBuffer.allocate(Long.BYTES).putLong(checksum(network)).array();
        var all = ring.allGather(mine, silence);
        for (int rank = 1; rank < all.size(); rank++) {
            if (!Arrays.equals(all.get(rank), all.get(0))) {
                throw new Failure(
                        Reason.WorkerError,
                        "rank " + rank
                                + " holds other parameters than rank 0, so a machine computed wrongly or the workers"
                                + " have different CPUs; it was found");
            }
        }
    }
}
