package dev.capstan.worker.artifact;

import dev.capstan.worker.storage.BoundedText;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Where the files of an artifact can be had: a volume, a bucket, another replica. */
public interface ArtifactSource {
    /** As the user names the place, for messages. */
    String name();

    /**
     * The text of a small file; empty if there is none of that name.
     *
     * @throws IllegalArgumentException if it is longer than {@link BoundedText#SHORT}
     */
    Optional<String> text(String name) throws IOException;

    /** Whether there is a file of that name. */
    boolean exists(String name) throws IOException;

    /** Names that end in {@code .onnx}, in no order. */
    List<String> onnxFiles() throws IOException;

    /**
     * Brings a file here.
     *
     * @param target which isn't there yet
     * @return {@code sha256:} and 64 hex digits over the bytes that are there now
     * @throws java.nio.file.NoSuchFileException if there is none of that name
     */
    String fetch(String name, Path target) throws IOException;
}
