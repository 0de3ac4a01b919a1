package dev.capstan.worker;

import dev.capstan.protocol.Training;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;

/** Which software this is: written by the build into a resource. */
final class Versions {
    private static final Properties BUILT = read();

    private Versions() {}

    /** The worker's own version. */
    static String worker() {
        return BUILT.getProperty("worker");
    }

    /** The versions of all that a result depends on, by name. */
    static Map<String, String> all(Training.Engine engine) {
        var versions = new TreeMap<>(Map.of(
                "worker", worker(),
                "deeplearning4j", BUILT.getProperty("deeplearning4j"),
                "natives", BUILT.getProperty("natives"),
                "java", Runtime.version().toString()));
        if (engine == Training.Engine.LIBTORCH) {
            versions.put("libtorch", BUILT.getProperty("libtorch"));
        }
        return versions;
    }

    private static Properties read() {
        try (var in = Versions.class.getResourceAsStream("versions.properties")) {
            var properties = new Properties();
            properties.load(in);
            return properties;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
