package dev.capstan.bench.serving;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A process that may use one core, with all that it starts.
 *
 * @param name of it
 * @param log what it says
 */
record Pinned(String name, Process process, Path log) implements AutoCloseable {
    /** @param folder that it runs in, and where its log is kept */
    static Pinned start(String name, int core, Path folder, Map<String, String> environment, List<String> command)
            throws IOException {
        var log = folder.resolve(name + ".log");
        var builder = pinned(core, folder, environment, command);
        return new Pinned(
                name,
                builder.redirectErrorStream(true).redirectOutput(log.toFile()).start(),
                log);
    }

    /** Starts one that answers by its standard output, of which nothing goes to the log. */
    static Pinned startAnswering(
            String name, int core, Path folder, Map<String, String> environment, List<String> command)
            throws IOException {
        var log = folder.resolve(name + ".log");
        var builder = pinned(core, folder, environment, command);
        return new Pinned(name, builder.redirectError(log.toFile()).start(), log);
    }

    private static ProcessBuilder pinned(int core, Path folder, Map<String, String> environment, List<String> command) {
        var whole = new ArrayList<>(List.of("taskset", "-c", String.valueOf(core)));
        whole.addAll(command);
        var builder = new ProcessBuilder(whole).directory(folder.toFile());
        builder.environment().putAll(environment);
        return builder;
    }

    /** Megabytes of memory that it and what it has started take; what several of them share is counted once. */
    double megabytes() throws IOException {
        long kilobytes = 0;
        for (var each : family().toList()) {
            kilobytes += Files.readAllLines(Path.of("/proc/" + each.pid() + "/smaps_rollup")).stream()
                    .filter(line -> line.startsWith("Pss:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
                    .sum();
        }
        return kilobytes / 1024.0;
    }

    private Stream<ProcessHandle> family() {
        return Stream.concat(Stream.of(process.toHandle()), process.descendants());
    }

    /** @throws IOException if it has ended, with the end of what it said */
    void checkAlive() throws IOException {
        if (!process.isAlive()) {
            var said = Files.readAllLines(log);
            throw new IOException(name + " has ended with " + process.exitValue() + ": "
                    + String.join("\n", said.subList(Math.max(0, said.size() - 10), said.size())));
        }
    }

    @Override
    public void close() {
        var all = family().toList();
        process.destroy();
        try {
            if (!process.waitFor(20, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
            all.forEach(ProcessHandle::destroyForcibly);
        } catch (InterruptedException e) {
            throw new UncheckedIOException(new IOException(e));
        }
    }
}
