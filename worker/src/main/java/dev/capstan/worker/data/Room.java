package dev.capstan.worker.data;

import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.outcome.Failure;
import java.nio.file.Path;

/**
 * Where the samples of one dataset may lie.
 *
 * @param memory bytes of the heap that they may take; what is larger lies in a file
 * @param tables bytes of the heap that labels, or the words of a vocabulary, may take: nobody knows how many come
 * @param scratch folder for that file
 */
public record Room(long memory, long tables, Path scratch) {
    /** Training and test data together leave two fifths of the heap to all else. */
    private static final double SHARE = 0.3;

    private static final double TABLES = 0.25;
    /** MaxRAMPercentage in jvm.options. */
    private static final double HEAP = 0.6;

    private static final long COPIES = 3;
    private static final int MIB = 1 << 20;

    static Room in(Path scratch) {
        long heap = Runtime.getRuntime().maxMemory();
        return new Room((long) (SHARE * heap), (long) (TABLES * heap), scratch);
    }

    /** Bytes that a worker may take beside its Java heap: what its limit leaves, the same wherever the limit is. */
    public static long besideTheHeap() {
        return (long) (Runtime.getRuntime().maxMemory() * (1 - HEAP) / HEAP);
    }

    /**
     * Refuses samples of which not even a few fit: each is a row of numbers here, in a batch, and in between.
     *
     * @param name whose samples they are
     */
    void check(String name, Shape shape) {
        long needed = COPIES * Float.BYTES * shape.inputs();
        long heap = Runtime.getRuntime().maxMemory();
        if (needed > heap / 2) {
            throw new Failure(
                    Reason.OutOfMemory,
                    name + " has " + shape.words() + " a sample, which needs " + needed / MIB
                            + " MiB while it is read, and no more than half of the Java heap's " + heap / MIB
                            + " MiB is for that; " + limit(2 * needed));
        }
    }

    /**
     * Says how much memory workers need.
     *
     * @param heap bytes that they need of the Java heap
     */
    static String limit(long heap) {
        return "give the workers a memory limit of at least " + (long) Math.ceil(heap / HEAP / MIB) + " MiB";
    }

    /**
     * What to say when the tables are full.
     *
     * @param what file, what of it is too many, and how many fit
     */
    Failure full(String what) {
        return new Failure(
                Reason.OutOfMemory,
                what + " in " + tables / MIB
                        + " MiB, a quarter of the Java heap; give the workers a higher memory limit");
    }
}
