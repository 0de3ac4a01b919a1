package dev.capstan.worker.step;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.function.Function;

/**
 * A model's parameters, or its gradient, as floats in a row. They lie where their engine computes, in memory or on a
 * device, and only the engine knows where: whoever needs them elsewhere asks it.
 */
public interface Flat {
    /** How many numbers. */
    long length();

    /**
     * Does something with all numbers in memory, where what is written into them is theirs.
     *
     * @param work gets a direct buffer in native order, from the first number at 0 to the last at its limit, which is
     *     of no use afterwards
     */
    <T> T inMemory(Function<ByteBuffer, T> work);

    /** The Euclidean norm of a slice. */
    double norm(Slice slice);

    /** Multiplies a slice by a factor. */
    void scale(Slice slice, double factor);

    /** Brings each number of a slice to at most this absolute value. */
    void clamp(Slice slice, double largest);

    /** Makes all numbers 0. */
    void clear();

    /**
     * Makes the numbers at these places 0, whatever they were: not by a product, in which NaN and infinity stay.
     *
     * @param mask as long as this
     */
    void zero(Mask mask);

    /** The same numbers at another place. */
    Flat copy();

    /** Takes over another's numbers, as many as these. */
    void set(Flat other);

    /** Adds another's numbers, as many as these. */
    void add(Flat other);

    /** Writes the numbers in the engine's own format; leaves the stream open. */
    void write(OutputStream out) throws IOException;

    /** Takes over numbers that {@link #write} wrote. */
    void read(InputStream in) throws IOException;
}
