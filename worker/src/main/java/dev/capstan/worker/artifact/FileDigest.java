package dev.capstan.worker.artifact;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** The digests by which artifacts and checkpoints are known. */
public final class FileDigest {
    private FileDigest() {}

    /** {@code sha256:} and 64 hex digits over the file's bytes. */
    public static String of(Path file) throws IOException {
        try (var in = new DigestInputStream(Files.newInputStream(file), sha256())) {
            in.transferTo(OutputStream.nullOutputStream());
            return text(in.getMessageDigest().digest());
        }
    }

    /** The same over a text's UTF-8. */
    public static String of(String text) {
        return text(sha256().digest(text.getBytes(StandardCharsets.UTF_8)));
    }

    /** A new SHA-256, of nothing yet. */
    public static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }

    /** A SHA-256 as manifests and statuses show it. */
    public static String text(byte[] sha256) {
        return "sha256:" + HexFormat.of().formatHex(sha256);
    }
}
