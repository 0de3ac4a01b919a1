package dev.capstan.worker.ring;

import dev.capstan.protocol.Wire;
import java.nio.ByteBuffer;

/** How a sum's numbers are sent. All buffers are in native order, and used from 0 to their limits. */
interface Numbers {
    /** Bytes that are sent for so many bytes of floats. */
    int length(int bytes);

    /** What is sent for floats, good until the next call; it may be their own memory. */
    ByteBuffer sent(ByteBuffer floats);

    /** The sum of own floats, and of those that were received. Target and own may be the same. */
    void add(ByteBuffer target, ByteBuffer own, ByteBuffer received);

    /** The floats that were received. */
    void put(ByteBuffer target, ByteBuffer received);

    /** Makes of floats what others will receive of them. */
    void round(ByteBuffer floats);

    /** Whether what is sent is the floats as they are. */
    boolean asTheyAre();

    static Numbers of(Wire wire) {
        return wire.rounds() ? new Bfloats() : new Floats();
    }
}
