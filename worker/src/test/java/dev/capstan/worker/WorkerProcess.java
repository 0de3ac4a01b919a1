package dev.capstan.worker;

import dev.capstan.protocol.Contract;
import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.JobKeys;
import dev.capstan.protocol.Json;
import dev.capstan.protocol.Outcome;
import dev.capstan.protocol.Progress;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** A worker as a process of its own, as it runs in a pod. */
final class WorkerProcess implements AutoCloseable {
    private static final long LIMIT_SECONDS = 240;
    private static final String TOKEN = "s3cret";

    private final String job;
    private final Process process;
    private final Process guard;
    private final Path termination;
    private final Path log;
    private final int httpPort;

    private WorkerProcess(String job, Process process, Path termination, Path log, int httpPort) throws IOException {
        this.job = job;
        this.process = process;
        // Some train for ever: they end with this JVM even if somebody kills it, when the pipe to the guard closes.
        guard = new ProcessBuilder("sh", "-c", "read -r _; kill -9 " + process.pid()).start();
        this.termination = termination;
        this.log = log;
        this.httpPort = httpPort;
    }

    /** Starts all workers of a job; their files go into the folder. */
    static List<WorkerProcess> startAll(Path folder, JobFile job) throws IOException {
        var workers = new ArrayList<WorkerProcess>();
        for (int rank = 0; rank < job.peers().size(); rank++) {
            workers.add(start(folder, Json.write(job), rank));
        }
        return workers;
    }

    /** Starts one worker; the flags are the JVM's, and come after the image's own. */
    static WorkerProcess start(Path folder, String job, int rank, String... flags) throws IOException {
        return start(folder, job, rank, Map.of(), flags);
    }

    /** As above, with more variables in its environment. */
    static WorkerProcess start(Path folder, String job, int rank, Map<String, String> variables, String... flags)
            throws IOException {
        return start(folder, job, rank, variables, List.of(), flags);
    }

    /** A worker that can't write files beyond so many KiB: as on a volume that is full, write(2) fails. */
    static WorkerProcess startWithSmallFiles(Path folder, String job, int rank, int kib) throws IOException {
        return start(folder, job, rank, Map.of(), List.of("bash", "-c", "ulimit -f " + kib + "; exec \"$@\"", "bash"));
    }

    /** This JVM's program and its flags, which are the image's. */
    static List<String> jvm() {
        var command = new ArrayList<String>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(flag -> !flag.startsWith("-javaagent"))
                .toList());
        command.add("-Xmx256m");
        return command;
    }

    private static WorkerProcess start(
            Path folder, String job, int rank, Map<String, String> variables, List<String> before, String... flags)
            throws IOException {
        var files = Files.createTempDirectory(folder, "rank-" + rank + "-");
        var command = new ArrayList<>(before);
        command.addAll(jvm());
        command.addAll(List.of(flags));
        command.addAll(Rehearsal.flags());
        command.addAll(List.of(Main.class.getName(), Contract.TRAIN));
        int httpPort = Fixtures.freePorts(1).getFirst();
        var builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(files.resolve("log").toFile());
        var environment = builder.environment();
        environment.put(
                "CAPSTAN_JOB_FILE",
                Files.writeString(files.resolve("job.json"), job).toString());
        environment.put(
                "CAPSTAN_TOKEN_FILE",
                Files.writeString(files.resolve("token"), TOKEN + "\n").toString());
        environment.put(
                "CAPSTAN_TERMINATION_MESSAGE", files.resolve("termination").toString());
        environment.put("CAPSTAN_RANK", String.valueOf(rank));
        environment.put("CAPSTAN_HTTP_PORT", String.valueOf(httpPort));
        environment.putAll(variables);
        return new WorkerProcess(job, builder.start(), files.resolve("termination"), files.resolve("log"), httpPort);
    }

    /** Waits for the end, and checks that exit code and termination message tell the same. */
    Outcome outcome() throws Exception {
        if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
            throw new AssertionError("the worker doesn't end:\n" + log());
        }
        if (!Files.exists(termination)) {
            throw new AssertionError("exit code " + process.exitValue() + " without a termination message:\n" + log());
        }
        var outcome = Json.read(Files.readString(termination), Outcome.class);
        if (process.exitValue() != outcome.reason().exitCode()) {
            throw new AssertionError("exit code " + process.exitValue() + " but " + outcome + ":\n" + log());
        }
        return outcome;
    }

    /** Waits until the worker has done its first reported step. */
    Progress awaitTraining() throws Exception {
        return await(progress -> progress.step() > 0);
    }

    /** Waits until the worker tells of such a progress. */
    Progress await(Predicate<Progress> wanted) throws Exception {
        try (var client = HttpClient.newHttpClient()) {
            var request = HttpRequest.newBuilder(URI.create("http://localhost:" + httpPort + Contract.PROGRESS_PATH))
                    .header("Authorization", "Bearer " + bearer())
                    .build();
            while (process.isAlive()) {
                try {
                    var progress = Json.read(
                            client.send(request, BodyHandlers.ofString()).body(), Progress.class);
                    if (wanted.test(progress)) {
                        return progress;
                    }
                } catch (IOException e) {
                    // It doesn't listen yet.
                }
                Thread.sleep(50);
            }
        }
        throw new AssertionError("the worker ended before that:\n" + log());
    }

    /** Asks for a checkpoint; returns the HTTP status. */
    int askForCheckpoint() throws Exception {
        try (var client = HttpClient.newHttpClient()) {
            var request = HttpRequest.newBuilder(URI.create("http://localhost:" + httpPort + Contract.CHECKPOINT_PATH))
                    .header("Authorization", "Bearer " + bearer())
                    .POST(BodyPublishers.noBody())
                    .build();
            return client.send(request, BodyHandlers.discarding()).statusCode();
        }
    }

    int httpPort() {
        return httpPort;
    }

    private String bearer() {
        var file = JobFile.read(job);
        return JobKeys.bearer(
                file.version(),
                TOKEN.getBytes(StandardCharsets.UTF_8),
                file.job().uid(),
                file.job().attempt());
    }

    /** SIGSTOP: the process lives, and does nothing any more. */
    void freeze() throws Exception {
        new ProcessBuilder("kill", "-STOP", String.valueOf(process.pid()))
                .start()
                .waitFor();
    }

    /** SIGTERM. */
    void terminate() {
        process.destroy();
    }

    /** SIGKILL. */
    void kill() {
        process.destroyForcibly();
    }

    /** Waits until that is in its log. */
    void awaitLog(String text) throws Exception {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
        while (!log().contains(text)) {
            if (!process.isAlive() || System.nanoTime() > end) {
                throw new AssertionError("no \"" + text + "\" in:\n" + log());
            }
            Thread.sleep(50);
        }
    }

    String log() throws IOException {
        return Files.readString(log);
    }

    @Override
    public void close() {
        guard.destroyForcibly();
        process.destroyForcibly();
    }
}
