package dev.capstan.worker.storage;

import dev.capstan.protocol.Outcome.Reason;
import java.io.IOException;
import java.util.List;

/**
 * Storage that doesn't answer for a while, unlike a file that is damaged or may not be read, or a volume that is full:
 * those stay as they are until somebody does something about them.
 */
public final class Outage {
    /** What strerror(3) says; Lustre's clients say the one of the endpoint's shutdown. */
    private static final List<String> SIGNS = List.of(
            "Input/output error",
            "Remote I/O error",
            "Stale file handle",
            "Transport endpoint is not connected",
            "Cannot send after transport endpoint shutdown",
            "Connection timed out",
            "Connection refused",
            "Connection reset by peer",
            "No route to host",
            "Host is down",
            "Network is unreachable",
            "Resource temporarily unavailable",
            "Interrupted system call");

    private Outage() {}

    /** Whether an outage is behind a failure; libraries wrap what they met. */
    public static boolean causes(Throwable failure) {
        for (var cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof ObjectException object && object.passes()) {
                return true;
            }
            var message = String.valueOf(cause.getMessage());
            if (cause instanceof IOException
                    && !(cause instanceof ObjectException)
                    && SIGNS.stream().anyMatch(message::contains)) {
                return true;
            }
        }
        return false;
    }

    /** Why a worker ends that met a failure: {@code otherwise}, unless it may pass. */
    public static Reason or(Reason otherwise, Throwable failure) {
        return causes(failure) ? Reason.StorageUnavailable : otherwise;
    }
}
