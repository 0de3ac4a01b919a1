package dev.capstan.worker.ring;

import java.nio.ByteBuffer;

/**
 * What an operation came to, for a rank that had not completed it when the gang lost another.
 *
 * @param operation which one it is, counted from 1 in the attempt
 * @param bytes a sum's floats, or all ranks' blocks one after the other; from 0 to its limit
 * @param rider what came along with it
 * @param sum whether it is a sum
 */
record Kept(long operation, ByteBuffer bytes, Header.Rider rider, boolean sum) {}
