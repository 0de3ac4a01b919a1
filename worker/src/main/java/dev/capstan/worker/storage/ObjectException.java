package dev.capstan.worker.storage;

import java.io.IOException;

/** A service that speaks the S3 API refused or failed; the message says in a sentence what to do. */
public final class ObjectException extends IOException {
    private static final long serialVersionUID = 1;

    private final boolean passes;

    ObjectException(boolean passes, String sentence, Exception cause) {
        super(sentence, cause);
        this.passes = passes;
    }

    /** Whether another try may go better without anybody having done something about it. */
    boolean passes() {
        return passes;
    }

    /** The sentence alone: who reads it has no use for the name of a class. */
    @Override
    public String toString() {
        return getMessage();
    }
}
