package dev.capstan.worker;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.protocol.Outcome.Reason;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What only a worker can see.
 *
 * @param reason with which it ends a run
 * @param parts of the sentence that a run ends with: they name the place, and say what would be right
 * @param preparation makes it
 */
record Mistake(String name, Reason reason, List<String> parts, Preparation preparation) {
    /** Prepares the mistake in the job's folder, or in the job file's text, which it returns. */
    interface Preparation {
        String make(Workplace place, String job) throws Exception;
    }

    static Mistake mistake(String name, Reason reason, Preparation preparation, String... parts) {
        return new Mistake(name, reason, List.of(parts), preparation);
    }

    /** The job file's text with one thing changed. */
    static String edit(String text, String old, String replacement) {
        assertTrue(text.contains(old), "the job file has no " + old);
        return text.replaceFirst(Pattern.quote(old), Matcher.quoteReplacement(replacement));
    }

    /** Whether a check of job and data finds it, too. */
    boolean seenBeforeTraining() {
        return reason == Reason.InvalidData && !name.startsWith("checkpoint") || reason == Reason.InvalidJob;
    }

    @Override
    public String toString() {
        return name;
    }
}
