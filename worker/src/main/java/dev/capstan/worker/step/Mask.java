package dev.capstan.worker.step;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.BitSet;

/**
 * Which of a model's flattened parameters are held at 0. It says nothing of how they are computed, and never changes:
 * an engine whose parameters lie on a device may bring it there once and keep it.
 */
public final class Mask {
    /** "MASK". */
    private static final int MAGIC = 0x4d41534b;

    private final int length;
    private final BitSet zeros;
    private final long[] words;

    private Mask(int length, BitSet zeros) {
        this.length = length;
        this.zeros = zeros;
        words = zeros.toLongArray();
    }

    /**
     * @param length how many parameters there are
     * @param zeros those at 0; copied
     * @throws IllegalArgumentException if there are zeros beyond the length
     */
    public static Mask of(long length, BitSet zeros) {
        if (zeros.length() > length) {
            throw new IllegalArgumentException(
                    "the last parameter is " + (length - 1) + ", and the mask has " + (zeros.length() - 1));
        }
        return new Mask(Math.toIntExact(length), (BitSet) zeros.clone());
    }

    /** How many parameters there are. */
    public int length() {
        return length;
    }

    /** How many of them are held at 0. */
    public int count() {
        return zeros.cardinality();
    }

    /** Whether a parameter is held at 0. */
    public boolean zero(int parameter) {
        return zeros.get(parameter);
    }

    /**
     * The zeros in words of 64: bit i of word w stands for parameter 64 × w + i. Words after the last zero are left
     * out. Not to be written into.
     */
    public long[] words() {
        return words;
    }

    /** Writes it, one bit a parameter; leaves the stream open. */
    public void write(OutputStream out) throws IOException {
        var data = new DataOutputStream(out);
        data.writeInt(MAGIC);
        data.writeInt(length);
        var bytes = new byte[Math.ceilDiv(length, Byte.SIZE)];
        var set = zeros.toByteArray();
        System.arraycopy(set, 0, bytes, 0, set.length);
        data.write(bytes);
        data.flush();
    }

    /**
     * Reads what {@link #write} wrote.
     *
     * @param length how many parameters there must be
     * @throws IOException if it is no mask, or one of other parameters
     */
    public static Mask read(InputStream in, long length) throws IOException {
        var data = new DataInputStream(in);
        int magic = data.readInt();
        if (magic != MAGIC) {
            throw new IOException(
                    "a mask begins with 0x" + Integer.toHexString(MAGIC) + ", not 0x" + Integer.toHexString(magic));
        }
        int found = data.readInt();
        if (found != length) {
            throw new IOException("the mask is of " + found + " parameters, the model has " + length);
        }
        var bytes = new byte[Math.ceilDiv(found, Byte.SIZE)];
        data.readFully(bytes);
        var zeros = BitSet.valueOf(bytes);
        if (zeros.length() > found) {
            throw new IOException("the mask has bits beyond its " + found + " parameters");
        }
        return new Mask(found, zeros);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Mask mask && mask.length == length && mask.zeros.equals(zeros);
    }

    @Override
    public int hashCode() {
        return 31 * length + zeros.hashCode();
    }

    @Override
    public String toString() {
        return count() + " of " + length + " parameters at 0";
    }
}
