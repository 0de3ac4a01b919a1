package dev.capstan.worker.storage;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;

/** Storage that fails in a way that may pass, unlike a volume that is full or belongs to somebody else. */
public final class Outage {
    private static final String NOT_A_FOLDER = "Not a directory";

    /** What strerror(3) says of them. */
    private static final List<String> SIGNS = List.of(
            "Input/output error",
            "Remote I/O error",
            "Stale file handle",
            "Transport endpoint is not connected",
            "Connection timed out",
            "Connection refused",
            "Connection reset by peer",
            "No route to host",
            "Host is down",
            "Network is unreachable",
            "Resource temporarily unavailable",
            "Interrupted system call");

    private Outage() {}

    /** Whether another attempt may find the storage well again. */
    public static boolean causes(IOException failure) {
        var message = String.valueOf(failure.getMessage());
        return SIGNS.stream().anyMatch(message::contains);
    }

    /**
     * Whether there is something of that name. {@link Files#exists} takes a volume that doesn't answer for an empty
     * one.
     *
     * @throws IOException if that can't be found out
     */
    public static boolean exists(Path path) throws IOException {
        return attributes(path) != null;
    }

    /** As {@link #exists}, of a file. */
    public static boolean isFile(Path path) throws IOException {
        var attributes = attributes(path);
        return attributes != null && attributes.isRegularFile();
    }

    /** As {@link #exists}, of a folder. */
    public static boolean isFolder(Path path) throws IOException {
        var attributes = attributes(path);
        return attributes != null && attributes.isDirectory();
    }

    private static BasicFileAttributes attributes(Path path) throws IOException {
        try {
            return path.getFileSystem().provider().readAttributesIfExists(path, BasicFileAttributes.class);
        } catch (FileSystemException e) {
            // A file lies where its folder should be.
            if (NOT_A_FOLDER.equals(e.getReason())) {
                return null;
            }
            throw e;
        }
    }
}
