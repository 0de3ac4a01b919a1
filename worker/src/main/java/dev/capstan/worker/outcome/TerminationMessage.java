package dev.capstan.worker.outcome;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.capstan.protocol.Compression;
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

    /**
     * The outcome as JSON of at most 4096 bytes. If it is longer, a compression's lists aren't told here: first what
     * layers cost, then the steps' rows; then no warnings. What then doesn't fit is cut from the end of its sentence.
     */
    public static String of(Outcome outcome) {
        var json = Json.write(outcome);
        var compression = outcome.compression();
        if (tooLong(json) && compression != null) {
            compression = compression.withoutSensitivity();
            json = Json.write(with(outcome, outcome.message(), compression));
        }
        if (tooLong(json) && compression != null) {
            compression = compression.withoutSteps();
            json = Json.write(with(outcome, outcome.message(), compression));
        }
        if (tooLong(json) && outcome.warnings() != null) {
            return of(new Outcome(
                    outcome.reason(), outcome.message(), outcome.artifact(), outcome.checkpoint(), compression));
        }
        var message = outcome.message();
        while (tooLong(json) && !message.isEmpty()) {
            message = message.substring(
                    0, message.offsetByCodePoints(0, message.codePointCount(0, message.length()) * 3 / 4));
            json = Json.write(with(outcome, message + "…", compression));
        }
        return json;
    }

    private static boolean tooLong(String json) {
        return json.getBytes(UTF_8).length > LIMIT;
    }

    private static Outcome with(Outcome outcome, String message, Compression compression) {
        return new Outcome(
                outcome.reason(), message, outcome.artifact(), outcome.checkpoint(), compression, outcome.warnings());
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
