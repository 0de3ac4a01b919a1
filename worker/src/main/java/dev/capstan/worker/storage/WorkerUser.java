package dev.capstan.worker.storage;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** As whom the worker reads and writes volumes: whoever is to give it rights there has to know. */
public final class WorkerUser {
    private static final String SHOWN = read();

    private WorkerUser() {}

    /** {@code the worker's user (UID 65532)}. */
    public static String shown() {
        return SHOWN;
    }

    private static String read() {
        try {
            return "the worker's user (UID %s)".formatted(Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
        } catch (IOException | UnsupportedOperationException e) {
            return "the worker's user";
        }
    }
}
