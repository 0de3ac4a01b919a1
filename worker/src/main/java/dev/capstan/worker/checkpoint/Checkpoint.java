package dev.capstan.worker.checkpoint;

import dev.capstan.protocol.Progress;
import dev.capstan.worker.storage.Volume;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A whole checkpoint, each of whose files has the digest that it was written with.
 *
 * @param folder where it lies, with a file for each part of the state
 * @param description where the training stands
 * @param shown as the operator tells of it
 */
public record Checkpoint(Path folder, Description description, Progress.Checkpoint shown) implements State.Parts {
    /** The part with the {@link Description}. */
    public static final String DESCRIPTION = "state.json";
    /** The part with parameters and optimizer. */
    public static final String MODEL = "model.zip";

    static final String CONTENTS = "manifest.json";

    @Override
    public Optional<InputStream> open(String name) throws IOException {
        var file = folder.resolve(name);
        return Volume.exists(file)
                ? Optional.of(new BufferedInputStream(Files.newInputStream(file), 1 << 16))
                : Optional.empty();
    }
}
