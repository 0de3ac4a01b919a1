package dev.capstan.worker.model;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Properties;

/** What computes gradients and updates: another one, or another version, rounds otherwise. */
public final class Engine {
    private static final String DL4J = "deeplearning4j";

    private Engine() {}

    /** Its name and version. */
    public static String name() {
        try (var in = Engine.class.getResourceAsStream("/dev/capstan/worker/versions.properties")) {
            var versions = new Properties();
            versions.load(in);
            return DL4J + " " + versions.getProperty(DL4J);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
