package dev.capstan.worker.outcome;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.capstan.protocol.Json;
import dev.capstan.protocol.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The container's termination message, which Kubernetes copies into the pod's status. Kubernetes cuts it after 4096
 * bytes, and a cut JSON can't be read: long sentences are shortened here.
 */
public final class TerminationMessage {
    private static final int LIMIT = 4096;

    private TerminationMessage() {}

    /** The outcome as JSON of at most 4096 bytes; what doesn't fit is cut from the end of its sentence. */
    public static String of(Outcome outcome) {
        var json = Json.write(outcome);
        var message = outcome.message();
        while (json.getBytes(UTF_8).length > LIMIT && !message.isEmpty()) {
            message = message.substring(0, message.length() * 3 / 4);
            json = Json.write(new Outcome(outcome.reason(), message + "…", outcome.artifact(), outcome.checkpoint()));
        }
        return json;
    }

    /**
     * Writes the outcome, replacing what the file held.
     *
     * @throws IOException if the file can't be written
     */
    public static void write(Path file, Outcome outcome) throws IOException {
        Files.writeString(file, of(outcome));
    }
}
