package dev.capstan.worker.data;

import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.outcome.Failure;
import java.nio.file.Path;

/**
 * Where a dataset lies, and how to speak of it to the user, who knows the URI and not the pod's folders.
 *
 * @param field where the job names the dataset
 * @param path file or folder in the pod
 * @param uri the same as the user wrote it
 */
record Source(String field, Path path, String uri) {
    /** A file that somebody has sent, which has neither a name nor a field. */
    static final Source SENT = new Source(null, Path.of("sent"), null);

    /** Field and URI of a file that is the source itself or lies in it. */
    String name(Path file) {
        if (field == null) {
            return "the file";
        }
        var shown = uri == null ? path.toString() : uri;
        if (!file.equals(path) && file.startsWith(path)) {
            shown += (shown.endsWith("/") ? "" : "/") + path.relativize(file);
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

    /** Refuses samples that aren't what the network takes; null stands for anything. */
    void checkShape(Path file, Shape shape, Shape like) {
        if (like != null && !like.equals(shape)) {
            throw invalid(file, "has " + shape.words() + " a sample; the network takes " + like.words());
        }
    }
}
