package dev.capstan.worker.storage;

import java.util.List;

/**
 * Storage that has no room left for what is to be written. Unlike a wrong name or a missing right, that changes while
 * nobody touches the job: others delete something, a volume is expanded, a quota raised.
 */
public final class Full {
    /** What strerror(3) says of ENOSPC and EDQUOT. */
    private static final List<String> SIGNS = List.of("No space left on device", "Disk quota exceeded");

    private Full() {}

    /** Whether a lack of room is behind a failure; libraries wrap what they met. */
    public static boolean causes(Throwable failure) {
        for (var cause = failure; cause != null; cause = cause.getCause()) {
            var message = String.valueOf(cause.getMessage());
            if (SIGNS.stream().anyMatch(message::contains)) {
                return true;
            }
        }
        return false;
    }
}
