package dev.capstan.worker.data;

import java.nio.file.Path;

/**
 * Where the samples of one dataset may lie.
 *
 * @param memory bytes of the heap that they may take; what is larger lies in a file
 * @param scratch folder for that file
 */
record Room(long memory, Path scratch) {
    /** Training and test data together leave two fifths of the heap to all else. */
    private static final double SHARE = 0.3;

    static Room in(Path scratch) {
        return new Room((long) (SHARE * Runtime.getRuntime().maxMemory()), scratch);
    }
}
