package dev.capstan.operator;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;

/**
 * What starts loads some thousand classes. One operator does so for all that tests start, and leaves a cache (JEP 514)
 * in which they find them parsed and linked, as the image's operators do: a start takes 0.8 seconds of a processor then
 * instead of 2.4.
 */
final class Rehearsal {
    private static final Path CACHE = Path.of("target", "operator.aot");
    private static final Map<String, String> NO_API_SERVER = Map.of(
            "KUBERNETES_MASTER",
            "https://127.0.0.1:1",
            "QUARKUS_KUBERNETES_CLIENT_API_SERVER_URL",
            "https://127.0.0.1:1");

    private Rehearsal() {}

    /** Flags by which an operator uses the cache; it is made first if there is none of the operator as it is now. */
    static synchronized List<String> flags() {
        // Other forks of the tests want it, too.
        try (var file = FileChannel.open(
                CACHE.resolveSibling("operator.aot.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            file.lock();
            if (!isNew()) {
                rehearse();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
        return List.of("-XX:AOTCache=" + CACHE, "-Xlog:aot=off,aot+codecache+stubs=off");
    }

    private static boolean isNew() throws IOException {
        return Files.exists(CACHE)
                && Files.getLastModifiedTime(CACHE).compareTo(Files.getLastModifiedTime(OperatorProcess.JAR)) > 0;
    }

    private static void rehearse() throws IOException, InterruptedException {
        Files.deleteIfExists(CACHE);
        var flags = List.of(OperatorProcess.SHORT_LIVED, "-XX:AOTCacheOutput=" + CACHE);
        try (var operator = OperatorProcess.launch(Path.of("none"), "rehearsal", NO_API_SERVER, flags)) {
            operator.awaitLog(" started in ");
            operator.stop();
            if (!Files.exists(CACHE)) {
                throw new AssertionError("no cache; the log:\n" + operator.log());
            }
        }
    }
}
