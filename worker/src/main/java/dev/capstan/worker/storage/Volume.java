package dev.capstan.worker.storage;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;

/** What lies on a volume. {@link Files#exists} takes one that doesn't answer for an empty one; this doesn't. */
public final class Volume {
    private static final String NOT_A_FOLDER = "Not a directory";

    private Volume() {}

    /**
     * Whether there is something of that name.
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

    /** What lies in a folder under names like that one, in no order. */
    public static List<Path> list(Path folder, String glob) throws IOException {
        var found = new ArrayList<Path>();
        try (var entries = Files.newDirectoryStream(folder, glob)) {
            entries.forEach(found::add);
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return found;
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
