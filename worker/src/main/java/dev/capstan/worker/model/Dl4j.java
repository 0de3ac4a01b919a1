package dev.capstan.worker.model;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Properties;

/** What computes gradients and updates: another one, or another version, rounds otherwise. */
public final class Dl4j {
    private static final String NAME = "deeplearning4j";

    private Dl4j() {}

    /** Its name and version. */
    public static String version() {
        try (var in = Dl4j.class.getResourceAsStream("/dev/capstan/worker/versions.properties")) {
            var versions = new Properties();
            versions.load(in);
            return NAME + " " + versions.getProperty(NAME);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
