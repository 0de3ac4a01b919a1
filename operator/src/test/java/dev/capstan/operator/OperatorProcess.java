package dev.capstan.operator;

import dev.capstan.crds.testing.FreePorts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** The packaged operator as a process of its own. */
public final class OperatorProcess implements AutoCloseable {
    /** The flags that the image uses. */
    private static final Path OPTIONS = Path.of("..", "e2e", "images", "operator.options");

    /** For operators that end soon: the second compiler's work would pay for itself only later. */
    static final String SHORT_LIVED = "-XX:TieredStopAtLevel=1";

    static final Path JAR = Path.of("target", "quarkus-app", "quarkus-run.jar");
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private final Process process;
    private final Path log;
    private final int port;
    private final HttpClient http = HttpClient.newHttpClient();

    private OperatorProcess(Process process, Path log, int port) {
        this.process = process;
        this.log = log;
        this.port = port;
    }

    /** Starts one; the flags are the JVM's, and come after the image's own. */
    public static OperatorProcess start(
            Path kubeconfig, String identity, Map<String, String> settings, String... flags) {
        var all = new ArrayList<>(List.of(flags));
        if (all.contains(SHORT_LIVED)) {
            all.addAll(Rehearsal.flags());
        }
        return launch(kubeconfig, identity, settings, all);
    }

    static OperatorProcess launch(Path kubeconfig, String identity, Map<String, String> settings, List<String> flags) {
        try {
            int port = FreePorts.next();
            var log = Files.createTempFile("operator-" + identity, ".log");
            var java = Path.of(System.getProperty("java.home"), "bin", "java");
            var command = new ArrayList<>(List.of(java.toString(), "@" + OPTIONS));
            command.addAll(flags);
            command.addAll(List.of("-jar", JAR.toString()));
            var builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
            var environment = builder.environment();
            environment.put("KUBECONFIG", kubeconfig.toString());
            environment.put("QUARKUS_HTTP_PORT", Integer.toString(port));
            environment.put("CAPSTAN_WORKER_IMAGE", "capstan/worker:test");
            environment.put("CAPSTAN_LEADER_ELECTION_IDENTITY", identity);
            environment.put("CAPSTAN_LEADER_ELECTION_NAMESPACE", "default");
            environment.putAll(settings);
            return new OperatorProcess(builder.start(), log, port);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits for a line of the log that has these words. */
    public void awaitLog(String words) {
        await(words, () -> log().contains(words));
    }

    void await(String what, BooleanSupplier holds) {
        var deadline = Instant.now().plus(PATIENCE);
        while (!holds.getAsBoolean()) {
            if (Instant.now().isAfter(deadline) || !process.isAlive()) {
                throw new AssertionError("not " + what + "; the log:\n" + log());
            }
            try {
                Thread.sleep(100);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(e);
            }
        }
    }

    public String log() {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The status code of an answer, or 0 when nobody answers. */
    int status(String path) {
        try {
            return http.send(request(path), BodyHandlers.discarding()).statusCode();
        } catch (IOException e) {
            return 0;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    String body(String path) throws IOException, InterruptedException {
        return http.send(request(path), BodyHandlers.ofString()).body();
    }

    private HttpRequest request(String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .timeout(Duration.ofSeconds(10))
                .build();
    }

    /** The most memory that the process ever had, in MiB. */
    public long peakMemory() throws IOException {
        try (var lines = Files.lines(Path.of("/proc", Long.toString(process.pid()), "status"))) {
            return lines.filter(line -> line.startsWith("VmHWM:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1024)
                    .findFirst()
                    .orElseThrow();
        }
    }

    /** Waits until it has ended by itself, and answers its exit code. */
    int awaitEnd() throws InterruptedException {
        if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
            throw new AssertionError("still runs; the log:\n" + log());
        }
        return process.exitValue();
    }

    /** Sends SIGTERM and answers how long the process took to end. */
    Duration terminate() throws InterruptedException {
        var start = System.nanoTime();
        process.destroy();
        if (!process.waitFor(60, TimeUnit.SECONDS)) {
            throw new AssertionError("still runs a minute after SIGTERM; the log:\n" + log());
        }
        return Duration.ofNanos(System.nanoTime() - start);
    }

    /** Sends SIGTERM, and waits for the end as long as it takes. */
    void stop() throws InterruptedException {
        process.destroy();
        awaitEnd();
    }

    /** Sends SIGKILL. */
    public void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    @Override
    public void close() {
        process.destroyForcibly();
        try {
            Files.deleteIfExists(log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
