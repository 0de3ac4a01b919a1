package dev.capstan.worker.storage;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Texts that are read whole into memory, up to a bound: what lies on a volume, or is compressed, may be of any length.
 */
public final class BoundedText {
    /** For manifests and the like, which have some hundred bytes. */
    public static final int SHORT = 1 << 20;
    /** For vocabularies: a million words and more. */
    public static final int LONG = 1 << 28;

    private static final String MARK = "\uFEFF";
    private static final int MIB = 1 << 20;

    private BoundedText() {}

    /**
     * The text of a file, which must be UTF-8; a byte order mark before it, as some editors put it, is none of it.
     *
     * @param most bytes that it may have, whole MiB
     * @throws IllegalArgumentException if it has more; the sentence says how many it may have
     */
    public static String of(Path file, int most) throws IOException {
        try (var in = Files.newInputStream(file)) {
            return of(file.getFileName().toString(), in, most);
        }
    }

    /** As {@link #of(Path, int)}, of all that a stream still has; leaves the stream open. */
    public static String of(String name, InputStream in, int most) throws IOException {
        var bytes = in.readNBytes(most);
        if (bytes.length == most && in.read() >= 0) {
            throw new IllegalArgumentException(name + " is longer than " + most / MIB + " MiB, the most that is read");
        }
        return withoutMark(UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString());
    }

    /** A text without the byte order mark that some editors put before it. */
    public static String withoutMark(String text) {
        return text.startsWith(MARK) ? text.substring(MARK.length()) : text;
    }
}
