package dev.capstan.worker.data;

import java.io.IOException;
import java.nio.file.Path;

/** Says which file it was that couldn't be read: what the kernel says of a stream has no name in it. */
final class Unreadable extends IOException {
    private static final long serialVersionUID = 1;

    private final transient Path file;

    Unreadable(Path file, IOException cause) {
        super(cause);
        this.file = file;
    }

    Path file() {
        return file;
    }

    @Override
    public synchronized IOException getCause() {
        return (IOException) super.getCause();
    }
}
