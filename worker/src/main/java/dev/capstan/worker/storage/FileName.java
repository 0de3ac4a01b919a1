package dev.capstan.worker.storage;

import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.outcome.Failure;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.Optional;

/** Names of files as people see them. Linux takes any bytes for a name; only UTF-8 has letters that all agree on. */
public final class FileName {
    private static final String NO_LOCALE =
            "has letters in its name that are lost here, for the locale isn't UTF-8; LC_ALL must"
                    + " be C.UTF-8, as Capstan's image has it: leave it alone in workers.env, or set it in an image of your own";

    private FileName() {}

    /**
     * Why nobody can tell the letters of a name, in words that go on after it; empty if all can. Two such names may
     * read alike.
     */
    public static Optional<String> problem(Path file) {
        try {
            return file.getFileSystem().getPath(file.toString()).equals(file)
                    ? Optional.empty()
                    : Optional.of(
                            "has a name that isn't UTF-8, so that nobody can tell its letters; give it another name");
        } catch (InvalidPathException e) {
            return Optional.of(NO_LOCALE);
        }
    }

    /**
     * The file of that name here.
     *
     * @param field where the job names it, for messages
     * @throws Failure InvalidJob if this process can't read names in UTF-8
     */
    static Path path(String field, String name) {
        try {
            return Path.of(name);
        } catch (InvalidPathException e) {
            throw new Failure(Reason.InvalidJob, field + ": " + shown(name) + " " + NO_LOCALE, e);
        }
    }

    /** The path on one line, in which no character hides: controls, marks of direction and broken ones are spelled. */
    public static String shown(Path path) {
        return shown(path.toString());
    }

    /** As {@link #shown(Path)}, of a name. */
    public static String shown(String name) {
        var shown = new StringBuilder();
        name.codePoints().forEach(each -> {
            switch (Character.getType(each)) {
                case Character.CONTROL, Character.SURROGATE, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR ->
                    shown.append(spelled(each));
                // Emoji are joined by one of these, and scripts of India are written with them.
                case Character.FORMAT ->
                    shown.append(each == '\u200C' || each == '\u200D' ? Character.toString(each) : spelled(each));
                default -> shown.appendCodePoint(each);
            }
        });
        return shown.toString();
    }

    private static String spelled(int character) {
        return String.format("\\u%04X", character);
    }

    /** The same for names that look alike, since the same letters are written in one way or another (Unicode's NFC). */
    public static String composed(String name) {
        return Normalizer.normalize(name, Normalizer.Form.NFC);
    }
}
