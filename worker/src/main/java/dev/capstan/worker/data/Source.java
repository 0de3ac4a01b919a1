package dev.capstan.worker.data;

import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.outcome.Failure;
import dev.capstan.worker.storage.FileName;
import dev.capstan.worker.storage.Outage;
import dev.capstan.worker.storage.WorkerUser;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.zip.ZipException;

/**
 * Where a dataset lies, and how to speak of it to the user, who knows the URI and not the pod's folders.
 *
 * @param field where the job names the dataset
 * @param path file or folder in the pod
 * @param uri the same as the user wrote it
 */
record Source(String field, Path path, String uri) {
    private static final String NOT_ALLOWED = "may not be read by " + WorkerUser.shown();

    /** A file that somebody has sent, which has neither a name nor a field. */
    static final Source SENT = new Source(null, Path.of("sent"), null);

    /**
     * What strerror(3) says of a file that stays as it is until somebody does something about it, and what it means.
     */
    private static final Map<String, String> LASTING = Map.of(
            "Is a directory", "is a folder, where a file is looked for",
            "Not a directory", "lies below a file, where a folder is looked for",
            "Too many levels of symbolic links", "is a link that leads back to itself",
            "File name too long", "has a name that is too long",
            "Permission denied", NOT_ALLOWED,
            "Operation not permitted", NOT_ALLOWED,
            "No such device or address", "is neither a file nor a folder, but a socket or a device",
            "Structure needs cleaning", "lies in a file system that is damaged",
            "Bad message", "lies in a file system that is damaged",
            "Required key not available", "is encrypted, and its key isn't there");

    /** What the node lacks, and another may have. */
    private static final String NO_MEMORY = "Cannot allocate memory|Too many open files.*";

    private static final String UNFORESEEN =
            "; it isn't known whether that passes, so it is tried again: if it stays so, look at the volume, and at the log of the node's kernel";

    /** Field and URI of a file that is the source itself or lies in it. */
    String name(Path file) {
        if (field == null) {
            return "the file";
        }
        var shown = uri == null ? path.toString() : uri;
        if (!file.equals(path) && file.startsWith(path)) {
            shown += (shown.endsWith("/") ? "" : "/") + FileName.shown(path.relativize(file));
        }
        return field + ": " + shown;
    }

    /** A failure about a file as a whole. */
    Failure invalid(Path file, String problem) {
        return new Failure(Reason.InvalidData, name(file) + " " + problem);
    }

    /** A failure about one record of a file; records count from 1. */
    Failure invalid(Path file, long record, String problem) {
        return new Failure(Reason.InvalidData, name(file) + ", record " + record + ": " + problem);
    }

    /**
     * What it means that a file can't be read: the data's own fault if that stays so, StorageUnavailable if it may pass
     * or nobody can tell, WorkerError if the node is to blame.
     */
    Failure failure(IOException e) {
        var cause = e instanceof Unreadable unreadable ? unreadable.getCause() : e;
        var file = file(e);
        if (cause instanceof NoSuchFileException) {
            return invalid(file, "does not exist");
        }
        if (cause instanceof AccessDeniedException) {
            return invalid(file, NOT_ALLOWED);
        }
        if (cause instanceof EOFException || cause instanceof ZipException) {
            return invalid(file, "is a broken gzip file: " + cause.getMessage());
        }
        var words = cause instanceof FileSystemException system ? system.getReason() : cause.getMessage();
        for (var each : LASTING.entrySet()) {
            if (words != null && words.startsWith(each.getKey())) {
                return invalid(file, each.getValue());
            }
        }
        var failed = name(file) + " failed while reading: " + cause;
        if (Outage.causes(cause)) {
            return new Failure(Reason.StorageUnavailable, failed, e);
        }
        return words != null && words.matches(NO_MEMORY)
                ? new Failure(Reason.WorkerError, failed, e)
                : new Failure(Reason.StorageUnavailable, failed + UNFORESEEN, e);
    }

    private Path file(IOException e) {
        return switch (e) {
            case Unreadable unreadable -> unreadable.file();
            case FileSystemException system when system.getFile() != null -> Path.of(system.getFile());
            default -> path;
        };
    }

    /** Refuses samples that aren't what the network takes; null stands for anything. */
    void checkShape(Path file, Shape shape, Shape like) {
        if (like != null && !like.equals(shape)) {
            throw invalid(file, "has " + shape.words() + " a sample; the network takes " + like.words());
        }
    }
}
