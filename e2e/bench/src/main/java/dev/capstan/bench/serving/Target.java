package dev.capstan.bench.serving;

import java.io.IOException;

/**
 * What is put under load.
 *
 * @param server by its name in the table
 * @param way how it is spoken to
 * @param port on this machine
 * @param model by which it answers there
 */
record Target(String server, Way way, int port, String model) {
    /** How tensors go over the wire. */
    enum Way {
        /** HTTP, tensors as numbers in JSON. */
        REST,
        /** HTTP, tensors as bytes behind the JSON: the protocol's binary tensor extension. */
        REST_BINARY,
        /** gRPC, tensors as bytes. */
        GRPC
    }

    Connection connect() throws IOException {
        return switch (way) {
            case REST -> new RestConnection(this, false);
            case REST_BINARY -> new RestConnection(this, true);
            case GRPC -> new GrpcConnection(this);
        };
    }
}
