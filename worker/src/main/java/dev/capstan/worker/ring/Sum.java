package dev.capstan.worker.ring;

import java.nio.ByteBuffer;

/**
 * Adds floats in native memory. The loop runs over heap arrays, which the compiler turns into vector instructions; over
 * buffers it doesn't.
 */
final class Sum {
    private static final int BLOCK = 4096;

    private final float[] left = new float[BLOCK];
    private final float[] right = new float[BLOCK];

    /** Adds each float of the addend to the float at the same place of the target; both in native order. */
    void add(ByteBuffer target, ByteBuffer addend) {
        var to = target.asFloatBuffer();
        var from = addend.asFloatBuffer();
        for (int offset = 0; offset < from.limit(); offset += BLOCK) {
            int count = Math.min(BLOCK, from.limit() - offset);
            to.get(offset, left, 0, count);
            from.get(offset, right, 0, count);
            for (int i = 0; i < count; i++) {
                left[i] += right[i];
            }
            to.put(offset, left, 0, count);
        }
    }
}
