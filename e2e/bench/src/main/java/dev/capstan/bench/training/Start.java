package dev.capstan.bench.training;

import dev.capstan.bench.Ports;
import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Json;
import dev.capstan.protocol.Timeouts;
import dev.capstan.protocol.Training.Engine;
import dev.capstan.protocol.Work;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Starts workers as their image does: its Java, its files, its flags, a heap as in a pod of 2 GiB. What lies in
 * {@code /opt/capstan} there lies elsewhere here.
 *
 * @param image folder with what the image holds, as {@code e2e/images/build stage worker} leaves it
 * @param mnist folder of its training data
 * @param log what they say
 */
record Start(Path image, Path mnist, Path log) {
    /** More than it gets to. */
    private static final int EPOCHS = 1000;

    private static final String FIRST_STEP = "the first step is done";
    /** Of steps, until memory is measured. */
    private static final Duration A_WHILE = Duration.ofSeconds(2);

    private static final Duration PATIENCE = Duration.ofMinutes(2);

    /**
     * How a worker began.
     *
     * @param seconds from its process' start to the end of its first step
     * @param megabytes of memory a while later
     */
    record Began(double seconds, double megabytes) {}

    /** Starts one, and ends it when it has made some steps. */
    Began begin(Engine engine) throws IOException {
        // Beside the image's jars, which are linked.
        var folder = Files.createTempDirectory(image.getParent(), "worker-");
        try {
            var builder = worker(folder, engine);
            long started = System.nanoTime();
            var process = builder.start();
            try {
                double seconds = firstStep(process, started);
                TimeUnit.NANOSECONDS.sleep(A_WHILE.toNanos());
                return new Began(seconds, Crew.megabytes(process.pid()));
            } catch (InterruptedException e) {
                throw new IOException("interrupted", e);
            } finally {
                process.destroyForcibly().onExit().join();
            }
        } finally {
            try (var files = Files.walk(folder)) {
                files.sorted(Comparator.reverseOrder())
                        .forEach(file -> file.toFile().delete());
            }
        }
    }

    private ProcessBuilder worker(Path folder, Engine engine) throws IOException {
        var options = Files.readString(image.resolve("application/jvm.options"))
                .replace("/opt/capstan/lib/", lib(folder) + "/")
                .replace("/opt/capstan/natives", image.resolve("natives").toString())
                .replace(
                        "/opt/capstan/classes.aot",
                        image.resolve("application/classes.aot").toString());
        var flags = Files.writeString(folder.resolve("jvm.options"), options);
        var builder = new ProcessBuilder(
                        image.resolve("java/bin/java").toString(),
                        "@" + flags,
                        "-XX:MaxRAM=2g",
                        "dev.capstan.worker.Main",
                        "train")
                .redirectErrorStream(true);
        builder.environment().put("CAPSTAN_RANK", "0");
        builder.environment().put("CAPSTAN_HTTP_PORT", "0");
        builder.environment().put("CAPSTAN_SCRATCH", folder.toString());
        builder.environment()
                .put("CAPSTAN_TERMINATION_MESSAGE", folder.resolve("outcome").toString());
        builder.environment()
                .put(
                        "CAPSTAN_TOKEN_FILE",
                        Files.writeString(folder.resolve("token"), "benchmark").toString());
        builder.environment()
                .put(
                        "CAPSTAN_JOB_FILE",
                        Files.writeString(folder.resolve("job.json"), Json.write(job(folder, engine)))
                                .toString());
        return builder;
    }

    /** The jars in one folder, as in the image. */
    private Path lib(Path folder) throws IOException {
        var lib = Files.createDirectory(folder.resolve("lib"));
        for (var from : List.of("application/lib", "libraries")) {
            try (var jars = Files.list(image.resolve(from))) {
                for (var jar : jars.toList()) {
                    Files.createLink(lib.resolve(jar.getFileName()), jar);
                }
            }
        }
        return lib;
    }

    private JobFile job(Path folder, Engine engine) throws IOException {
        var data = new JobFile.Dataset(
                new JobFile.Place(mnist.toString(), mnist.toString(), null),
                JobFile.Dataset.Format.IDX,
                null,
                null,
                null);
        var checkpoints = folder.resolve("checkpoints").toString();
        var output = folder.resolve("output").toString();
        return new JobFile(
                JobFile.VERSION,
                new JobFile.Job("benchmark", "start", "start", 1),
                new Work.Train(
                        new JobFile.Model(Model.MLP.layers(), null, null, null),
                        new JobFile.Data(data, null),
                        Model.MLP.training(EPOCHS, 1, engine)),
                new JobFile.Checkpoints(checkpoints, checkpoints, 0, 600, 1),
                List.of("localhost:" + Ports.free(1).getFirst()),
                new JobFile.Output(output, output, JobFile.Output.IfExists.FAIL),
                Timeouts.DEFAULT);
    }

    private double firstStep(Process process, long started) throws IOException {
        // Whoever says nothing for so long is ended, and with that the stream.
        process.onExit()
                .orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS)
                .exceptionally(late -> process.destroyForcibly());
        var out = process.inputReader(StandardCharsets.UTF_8);
        for (var line = out.readLine(); line != null; line = out.readLine()) {
            Files.writeString(log, line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
            if (line.contains(FIRST_STEP)) {
                return (System.nanoTime() - started) / 1e9;
            }
        }
        throw new IOException("a worker has ended before its first step; it said why in " + log);
    }
}
