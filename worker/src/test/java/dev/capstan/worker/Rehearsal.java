package dev.capstan.worker;

import dev.capstan.protocol.Contract;
import dev.capstan.protocol.Json;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;

/**
 * A worker that starts loads some thousand classes. One does so for all that tests start, and leaves a cache (JEP 514)
 * in which they find them parsed and linked, as the image's workers do.
 */
final class Rehearsal {
    private static final Path FOLDER = Path.of("target", "rehearsed");

    private static List<String> flags;

    private Rehearsal() {}

    /** Flags by which a worker uses the cache, its class path among them; the cache is made first if there is none. */
    static synchronized List<String> flags() throws IOException {
        if (flags == null) {
            Files.createDirectories(FOLDER);
            // Other forks of the tests want it, too.
            try (var file =
                    FileChannel.open(FOLDER.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
                file.lock();
                flags = rehearsed();
            }
        }
        return flags;
    }

    private static List<String> rehearsed() throws IOException {
        var entries = List.of(System.getProperty("java.class.path").split(File.pathSeparator));
        var folder = FOLDER.resolve(key(entries));
        var path = new ArrayList<String>();
        for (var entry : entries) {
            var place = Path.of(entry);
            if (place.endsWith("test-classes")) {
                continue;
            }
            // Of folders there is no cache.
            path.add(
                    Files.isDirectory(place)
                            ? folder.resolve("classes-" + path.size() + ".jar")
                                    .toAbsolutePath()
                                    .toString()
                            : entry);
            if (Files.isDirectory(place) && !Files.exists(Path.of(path.getLast()))) {
                Files.createDirectories(folder);
                pack(place, Path.of(path.getLast()));
            }
        }
        var cache = folder.resolve("classes.aot");
        var classPath = List.of("-cp", String.join(File.pathSeparator, path));
        if (!Files.exists(cache)) {
            forgetOthers(folder);
            rehearse(folder, cache, classPath);
        }
        var all = new ArrayList<>(List.of("-XX:AOTCache=" + cache, "-Xlog:aot=off,aot+codecache+stubs=off"));
        all.addAll(classPath);
        return List.copyOf(all);
    }

    /** Another one for other classes, or by another JVM. */
    private static String key(List<String> entries) throws IOException {
        try {
            var digest = MessageDigest.getInstance("SHA-256");
            digest.update(Runtime.version().toString().getBytes(StandardCharsets.UTF_8));
            for (var entry : entries) {
                for (var file : files(Path.of(entry))) {
                    digest.update("%s %d %s "
                            .formatted(file, Files.size(file), Files.getLastModifiedTime(file))
                            .getBytes(StandardCharsets.UTF_8));
                }
            }
            return HexFormat.of().formatHex(digest.digest(), 0, 8);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    private static List<Path> files(Path entry) throws IOException {
        if (!Files.exists(entry)) {
            return List.of();
        }
        try (var files = Files.walk(entry)) {
            return files.filter(Files::isRegularFile).sorted().toList();
        }
    }

    /** Of classes as they were once; each takes tens of megabytes. */
    private static void forgetOthers(Path folder) throws IOException {
        try (var all = Files.walk(FOLDER)) {
            for (var each : all.sorted(Comparator.reverseOrder()).toList()) {
                if (!each.startsWith(folder) && !each.equals(FOLDER) && !each.endsWith("lock")) {
                    Files.delete(each);
                }
            }
        }
    }

    private static void pack(Path classes, Path jar) throws IOException {
        try (var out = new JarOutputStream(Files.newOutputStream(jar))) {
            for (var file : files(classes)) {
                out.putNextEntry(new JarEntry(classes.relativize(file).toString()));
                Files.copy(file, out);
            }
        }
    }

    /** Trains a small network, and ends as all of them end. */
    private static void rehearse(Path folder, Path cache, List<String> classPath) throws IOException {
        Files.createDirectories(folder);
        Fixtures.writeIdx(folder.resolve("train"), Fixtures.images(61, 5));
        Fixtures.writeIdx(folder.resolve("test"), Fixtures.images(40, 6));
        var job = Files.writeString(
                folder.resolve("job.json"), Json.write(Fixtures.job(folder.toAbsolutePath(), "uid-1", 1, 1, 1)));
        var command = new ArrayList<>(WorkerProcess.jvm());
        command.add("-XX:AOTCacheOutput=" + cache);
        command.addAll(classPath);
        command.addAll(List.of(Main.class.getName(), Contract.TRAIN));
        var log = folder.resolve("log");
        var builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment()
                .putAll(Map.of(
                        "CAPSTAN_JOB_FILE", job.toString(),
                        "CAPSTAN_TOKEN_FILE",
                                Files.writeString(folder.resolve("token"), "rehearsal")
                                        .toString(),
                        "CAPSTAN_TERMINATION_MESSAGE",
                                folder.resolve("termination").toString(),
                        "CAPSTAN_SCRATCH", folder.toString(),
                        "CAPSTAN_RANK", "0",
                        "CAPSTAN_HTTP_PORT", "0"));
        try {
            int code = builder.start().waitFor();
            if (code != 0 || !Files.exists(cache)) {
                throw new AssertionError("exit code " + code + ", no cache; the log:\n" + Files.readString(log));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UncheckedIOException(new IOException("interrupted", e));
        }
    }
}
