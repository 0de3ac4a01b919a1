package dev.capstan.controllers.job;

import dev.capstan.crds.Bounds;
import dev.capstan.protocol.Outcome;
import dev.capstan.protocol.Progress;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Objects;
import java.util.regex.Pattern;

/**
 * Whether what a worker tells can be written down. It may be a tenant's own program and tell anything; a status that
 * the schema refuses would be tried for ever, and tell nobody anything.
 */
final class Believable {
    private static final Pattern DIGEST = Pattern.compile("sha256:[0-9a-f]{64}");
    private static final Pattern YEAR_OF_FOUR_DIGITS = Pattern.compile("[0-9]{4}-.*");
    private static final int MOST_METRICS = 64;

    private Believable() {}

    static boolean is(Outcome.Artifact artifact) {
        return digest(artifact.digest())
                && artifact.sizeBytes() >= 0
                && artifact.sizeBytes() <= Bounds.MAX_SAFE_INTEGER
                && (artifact.metrics() == null
                        || artifact.metrics().size() <= MOST_METRICS
                                && artifact.metrics().values().stream().allMatch(Objects::nonNull));
    }

    static boolean is(Progress.Checkpoint checkpoint) {
        return digest(checkpoint.digest()) && time(checkpoint.time());
    }

    private static boolean digest(String text) {
        return text != null && DIGEST.matcher(text).matches();
    }

    private static boolean time(String text) {
        try {
            return text != null && YEAR_OF_FOUR_DIGITS.matcher(text).matches() && Instant.parse(text) != null;
        } catch (DateTimeParseException e) {
            return false;
        }
    }
}
