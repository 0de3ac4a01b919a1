package dev.capstan.worker.train;

import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.outcome.Failure;
import dev.capstan.worker.ring.Collectives;
import dev.capstan.worker.step.Flat;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.zip.CRC32C;

/** Whether all ranks hold the same parameters, as they must after every step. */
final class Replicas {
    private static final Duration SILENCE = Duration.ofMinutes(1);

    private Replicas() {}

    /** A checksum over the parameters' bits. */
    static long checksum(Flat parameters) {
        return parameters.inMemory(floats -> {
            var crc = new CRC32C();
            crc.update(floats);
            return crc.getValue();
        });
    }

    /** @throws Failure WorkerError, naming a rank whose parameters differ from rank 0's */
    static void check(Flat parameters, Collectives ring) {
        check(parameters, ring, SILENCE);
    }

    /** As {@link #check(Flat, Collectives)}, where a rank may take its time to come. */
    static void check(Flat parameters, Collectives ring, Duration silence) {
        var mine = ByteBuffer.allocate(Long.BYTES).putLong(checksum(parameters)).array();
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
