package dev.capstan.worker.ring;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Floats rounded to their upper halves on the way (bfloat16), to the nearest, and to the even one of two that are as
 * near. They are added up as floats; what was rounded once stays as it is when it is rounded again.
 */
final class Bfloats implements Numbers {
    private static final int BLOCK = 1024;
    private static final int HALF = 16;

    private final int[] whole = new int[BLOCK];
    private final short[] halves = new short[BLOCK];
    private final Floats sum = new Floats();

    /** As long as the longest piece so far needs. */
    private ByteBuffer sent = ByteBuffer.allocateDirect(0);

    private ByteBuffer received = ByteBuffer.allocateDirect(0);

    @Override
    public int length(int bytes) {
        return bytes / Float.BYTES * Short.BYTES;
    }

    @Override
    public ByteBuffer sent(ByteBuffer floats) {
        int bytes = length(floats.limit());
        if (sent.capacity() < bytes) {
            sent = ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
        }
        sent.clear().limit(bytes);
        var from = floats.asIntBuffer();
        var to = sent.asShortBuffer();
        for (int offset = 0; offset < from.limit(); offset += BLOCK) {
            int count = Math.min(BLOCK, from.limit() - offset);
            from.get(offset, whole, 0, count);
            for (int i = 0; i < count; i++) {
                whole[i] = rounded(whole[i]);
            }
            for (int i = 0; i < count; i++) {
                halves[i] = (short) (whole[i] >>> HALF);
            }
            to.put(offset, halves, 0, count);
        }
        return sent;
    }

    /**
     * What isn't a number stays none: rounded up it could become infinite. No branch, so that a loop of it is vectors.
     */
    private static int rounded(int bits) {
        int up = bits + 0x7fff + ((bits >>> HALF) & 1);
        int noNumber = (0x7f800000 - (bits & 0x7fffffff)) >> 31;
        return up & ~noNumber | (bits | 1 << HALF) & noNumber;
    }

    @Override
    public void add(ByteBuffer target, ByteBuffer own, ByteBuffer halvesOfThem) {
        int bytes = halvesOfThem.limit() / Short.BYTES * Float.BYTES;
        if (received.capacity() < bytes) {
            received = ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
        }
        received.clear().limit(bytes);
        put(received, halvesOfThem);
        sum.add(target, own, received);
    }

    @Override
    public void put(ByteBuffer target, ByteBuffer halvesOfThem) {
        var from = halvesOfThem.asShortBuffer();
        var to = target.asIntBuffer();
        for (int offset = 0; offset < from.limit(); offset += BLOCK) {
            int count = Math.min(BLOCK, from.limit() - offset);
            from.get(offset, halves, 0, count);
            for (int i = 0; i < count; i++) {
                whole[i] = halves[i] << HALF;
            }
            to.put(offset, whole, 0, count);
        }
    }

    @Override
    public void round(ByteBuffer floats) {
        var all = floats.asIntBuffer();
        for (int offset = 0; offset < all.limit(); offset += BLOCK) {
            int count = Math.min(BLOCK, all.limit() - offset);
            all.get(offset, whole, 0, count);
            for (int i = 0; i < count; i++) {
                whole[i] = rounded(whole[i]) & -1 << HALF;
            }
            all.put(offset, whole, 0, count);
        }
    }

    @Override
    public boolean asTheyAre() {
        return false;
    }
}
