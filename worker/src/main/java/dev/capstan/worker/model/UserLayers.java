package dev.capstan.worker.model;

import dev.capstan.protocol.JobFile.Place;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.outcome.Failure;
import dev.capstan.worker.storage.Outage;
import dev.capstan.worker.storage.Volume;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.function.Supplier;
import java.util.jar.JarFile;

/** The user's own layers, in a jar. Their code runs with the pod's rights. */
final class UserLayers {
    private UserLayers() {}

    /**
     * Does something while DL4J's JSON finds the jar's classes, too: it looks names up in the thread's class loader.
     *
     * @param jar null if there is none
     * @throws Failure InvalidJob if it is no jar
     */
    static <T> T with(Place jar, Supplier<T> work) {
        if (jar == null) {
            return work.get();
        }
        var thread = Thread.currentThread();
        var before = thread.getContextClassLoader();
        // Never closed: layers load further classes whenever they need them.
        thread.setContextClassLoader(new URLClassLoader(new URL[] {url(jar)}, UserLayers.class.getClassLoader()));
        try {
            return work.get();
        } finally {
            thread.setContextClassLoader(before);
        }
    }

    private static URL url(Place jar) {
        var file = Path.of(jar.path());
        try {
            if (!Volume.isFile(file)) {
                throw new Failure(
                        Reason.InvalidJob,
                        "model.jar: there is no file " + jar.uri() + "; it must be a jar of your layers");
            }
            new JarFile(file.toFile()).close();
            return file.toUri().toURL();
        } catch (IOException e) {
            throw new Failure(
                    Outage.or(Reason.InvalidJob, e),
                    "model.jar: " + jar.uri() + " is no jar that can be read (" + e.getMessage()
                            + "); it must be a jar of your layers",
                    e);
        }
    }
}
