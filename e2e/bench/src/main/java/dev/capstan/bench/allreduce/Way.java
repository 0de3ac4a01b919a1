package dev.capstan.bench.allreduce;

import dev.capstan.protocol.Wire;

/** How the ring sends. */
enum Way {
    PLAIN(new Wire(Wire.Frames.PLAIN, null)),
    /** As by default. */
    ENCRYPTED(Wire.DEFAULT),
    BF16(new Wire(null, Wire.Precision.BF16));

    private final Wire wire;

    Way(Wire wire) {
        this.wire = wire;
    }

    Wire wire() {
        return wire;
    }
}
