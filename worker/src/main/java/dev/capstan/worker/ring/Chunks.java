package dev.capstan.worker.ring;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** A buffer cut into one chunk a rank, and each chunk into pieces that are sent as one message. */
final class Chunks {
    private final ByteBuffer buffer;
    private final int elements;
    private final int elementBytes;
    private final int ranks;
    private final int pieceBytes;

    /**
     * @param buffer what is cut, from 0 to its limit
     * @param elementBytes bytes that stay together
     * @param ranks number of chunks, which differ by one element at most
     * @param pieceBytes longest piece, a multiple of elementBytes
     */
    Chunks(ByteBuffer buffer, int elementBytes, int ranks, int pieceBytes) {
        this.buffer = buffer;
        this.elements = buffer.limit() / elementBytes;
        this.elementBytes = elementBytes;
        this.ranks = ranks;
        this.pieceBytes = pieceBytes;
    }

    /** Number of pieces of a chunk; at least 1, so that an empty chunk still carries its header. */
    int pieces(int chunk) {
        return Math.max(1, Math.ceilDiv(start(chunk + 1) - start(chunk), pieceBytes));
    }

    /** A piece as a buffer of its own over the same memory. */
    ByteBuffer piece(int chunk, int piece) {
        // Of a buffer of almost 2 GiB, the whole last piece would end beyond what an int can tell.
        int end = start(chunk + 1);
        int from = (int) Math.min(start(chunk) + (long) piece * pieceBytes, end);
        return buffer.slice(from, Math.min(pieceBytes, end - from)).order(ByteOrder.nativeOrder());
    }

    private int start(int chunk) {
        return (int) ((long) elements * chunk / ranks) * elementBytes;
    }
}
