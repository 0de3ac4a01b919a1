package dev.capstan.worker.route;

/**
 * Why a request gets no replica's answer.
 *
 * @param kind what the client may do about it
 * @param message for people
 */
record Refusal(Kind kind, String message) {
    /** With the status of either protocol. */
    enum Kind {
        /** The request is wrong. */
        INVALID(400, 3),
        /** The client didn't send the token. */
        UNAUTHENTICATED(401, 16),
        /** The path is asked by another method. */
        METHOD(405, 12),
        /** It didn't come whole in time. */
        SLOW(408, 4),
        /** The body is larger than allowed. */
        TOO_LARGE(413, 8),
        /** The port is for another protocol. */
        PROTOCOL(415, 12),
        /** Too much is kept already; worth trying again. */
        BUSY(429, 8),
        /** A replica's answer broke off, and the request may have been carried out. */
        BROKEN(502, 14),
        /** Nobody answers now; worth trying again. */
        UNAVAILABLE(503, 14),
        /** The time was up. */
        TIMEOUT(504, 4);

        private final int http;
        private final int grpc;

        Kind(int http, int grpc) {
            this.http = http;
            this.grpc = grpc;
        }

        /** Of HTTP. */
        int http() {
            return http;
        }

        /** Of gRPC. */
        int grpc() {
            return grpc;
        }

        /** Whether the client should try again, after a second. */
        boolean again() {
            return this == BUSY || this == UNAVAILABLE;
        }
    }
}
