package dev.capstan.worker.ring;

import java.nio.ByteBuffer;

/**
 * Floats as they are. They are added up in heap arrays, by a loop that the compiler turns into vector instructions;
 * over buffers it doesn't.
 */
final class Floats implements Numbers {
    private static final int BLOCK = 1024;

    private final float[] left = new float[BLOCK];
    private final float[] right = new float[BLOCK];

    @Override
    public int length(int bytes) {
        return bytes;
    }

    @Override
    public ByteBuffer sent(ByteBuffer floats) {
        return floats;
    }

    @Override
    public void add(ByteBuffer target, ByteBuffer own, ByteBuffer received) {
        var to = target.asFloatBuffer();
        var mine = own.asFloatBuffer();
        var theirs = received.asFloatBuffer();
        for (int offset = 0; offset < theirs.limit(); offset += BLOCK) {
            int count = Math.min(BLOCK, theirs.limit() - offset);
            mine.get(offset, left, 0, count);
            theirs.get(offset, right, 0, count);
            for (int i = 0; i < count; i++) {
                left[i] += right[i];
            }
            to.put(offset, left, 0, count);
        }
    }

    @Override
    public void put(ByteBuffer target, ByteBuffer received) {
        target.put(0, received, 0, received.limit());
    }

    @Override
    public void round(ByteBuffer floats) {
        // They are sent as they are.
    }

    @Override
    public boolean asTheyAre() {
        return true;
    }
}
