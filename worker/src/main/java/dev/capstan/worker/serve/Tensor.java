package dev.capstan.worker.serve;

import java.nio.ByteBuffer;

/**
 * A tensor as it comes in and goes out.
 *
 * @param type of its elements
 * @param shape how many there are along each dimension; of no dimension for a single one
 * @param data the elements row by row, the last dimension changing fastest, little-endian, from the buffer's position
 *     to its limit, as the protocol's binary tensor extension has them: {@link DataType#BOOL} a byte of 0 or 1; an
 *     element of {@link DataType#BYTES} is its length in four bytes and then its bytes. Readers leave the buffer's
 *     position as it is
 */
public record Tensor(DataType type, long[] shape, ByteBuffer data) {}
