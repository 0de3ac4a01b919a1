package dev.capstan.worker.ring;

import java.nio.ByteBuffer;

/**
 * Where a rank stands when a term begins.
 *
 * @param completed operations of the attempt that it has completed, {@link #NEWCOMER} if it has no state
 */
record Standing(long completed) {
    /** Of a rank that has no state yet. */
    static final long NEWCOMER = -1;

    boolean newcomer() {
        return completed == NEWCOMER;
    }

    byte[] encode() {
        return ByteBuffer.allocate(Long.BYTES).putLong(completed).array();
    }

    static Standing decode(byte[] bytes) {
        return new Standing(ByteBuffer.wrap(bytes).getLong());
    }
}
