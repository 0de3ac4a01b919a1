package dev.capstan.worker.artifact;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** The digests by which artifacts are known. */
final class FileDigest {
    private FileDigest() {}

    /** {@code sha256:} and 64 hex digits over the file's bytes. */
    static String of(Path file) throws IOException {
        try (var in = new DigestInputStream(Files.newInputStream(file), MessageDigest.getInstance("SHA-256"))) {
            in.transferTo(OutputStream.nullOutputStream());
            return text(in.getMessageDigest().digest());
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }

    /** A SHA-256 as manifests and statuses show it. */
    static String text(byte[] sha256) {
        return "sha256:" + HexFormat.of().formatHex(sha256);
    }
}
