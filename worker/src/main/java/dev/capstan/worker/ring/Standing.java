package dev.capstan.worker.ring;

import java.nio.ByteBuffer;

/**
 * Where a rank stands when a term begins.
 *
 * @param completed operations of the attempt that it has completed; {@link #NEWCOMER} or {@link #BEGINNER} if it has no
 *     state
 */
record Standing(long completed) {
    /** Of a rank that has no state yet, and doesn't know whether others have. */
    static final long NEWCOMER = -1;
    /** Of a rank that has been here from the beginning, and has not begun: so nobody has done a step yet. */
    static final long BEGINNER = -2;

    /** Whether it has no state that others may go on from. */
    boolean stateless() {
        return completed < 0;
    }

    byte[] encode() {
        return ByteBuffer.allocate(Long.BYTES).putLong(completed).array();
    }

    static Standing decode(byte[] bytes) {
        return new Standing(ByteBuffer.wrap(bytes).getLong());
    }
}
