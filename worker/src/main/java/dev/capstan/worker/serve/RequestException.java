package dev.capstan.worker.serve;

/** A request that gets no result, and why; the message goes to the client as it is. */
public final class RequestException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** Whose fault it is, and what the client should do. */
    public enum Kind {
        /** The request is wrong: 400, INVALID_ARGUMENT. */
        INVALID,
        /** There is no such model or path: 404, NOT_FOUND. */
        NOT_FOUND,
        /** The client isn't known: 401, UNAUTHENTICATED. */
        UNAUTHENTICATED,
        /** The request isn't allowed: 403, PERMISSION_DENIED. */
        FORBIDDEN,
        /** The body or message is larger than allowed: 413, RESOURCE_EXHAUSTED as gRPC has it. */
        TOO_LARGE,
        /** The body or message is packed in a way that isn't read: 415, UNIMPLEMENTED as gRPC has it. */
        ENCODING,
        /** Too many wait already: 429, RESOURCE_EXHAUSTED; worth trying again. */
        BUSY,
        /** It doesn't answer yet, or no more: 503, UNAVAILABLE; worth trying again. */
        UNAVAILABLE,
        /** The time was up: 504, DEADLINE_EXCEEDED. */
        TIMEOUT,
        /** It is our fault or the model's: 500, INTERNAL. */
        INTERNAL
    }

    private final Kind kind;

    public RequestException(Kind kind, String message) {
        super(message);
        this.kind = kind;
    }

    public RequestException(Kind kind, String message, Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    public Kind kind() {
        return kind;
    }
}
