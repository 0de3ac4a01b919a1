package dev.capstan.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.capstan.protocol.Acceptance;
import dev.capstan.protocol.CompressionStep;
import dev.capstan.protocol.CompressionStep.Calibration;
import dev.capstan.protocol.CompressionStep.Prune;
import dev.capstan.protocol.CompressionStep.Quantize;
import dev.capstan.protocol.Contract;
import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Json;
import dev.capstan.protocol.Layer;
import dev.capstan.protocol.Outcome;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.protocol.Training;
import dev.capstan.protocol.Work;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.FutureTask;

/** A folder with a trained model, its data, and what compresses it, in this process. */
record Compressions(Path folder) {
    static final Training TUNING = Fixtures.training(2, 32, Fixtures.ADAM, 3);

    /** Half of the neurons; trained on for 2 epochs of 10 steps. */
    static final Prune HALF = prune(Prune.Granularity.UNIT, 50, TUNING);

    static final Quantize INT8 = quantize(List.of(), null);

    static final List<CompressionStep> BOTH = List.of(HALF, INT8);

    /** Writes data, and trains the model that is in the folder base. */
    Compressions {
        try {
            Files.writeString(folder.resolve("token"), "s3cret");
            Fixtures.writeIdx(folder.resolve("train"), Fixtures.images(301, 5));
            Fixtures.writeIdx(folder.resolve("test"), Fixtures.images(200, 6));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    static Prune prune(Prune.Granularity granularity, int percent, Training tuning) {
        return new Prune(granularity, Prune.Norm.L1, percent, Prune.Scope.LAYER, List.of(), tuning);
    }

    static Quantize quantize(List<String> exclude, Double maxDrop) {
        return new Quantize(
                Quantize.Scheme.ASYMMETRIC,
                Quantize.Scheme.SYMMETRIC,
                Quantize.Granularity.CHANNEL,
                Quantize.WeightRange.AUTO,
                new Calibration(Calibration.Method.MIN_MAX, 0, 100),
                true,
                exclude,
                maxDrop);
    }

    /** Trains the model that is in the folder base. */
    Outcome base() throws Exception {
        var job = Fixtures.job(folder, "uid-0", 1, 1, 5);
        var layers =
                List.<Layer>of(new Layer.Dense(256, "relu"), new Layer.Output(Fixtures.CLASSES, "softmax", "mcxent"));
        job = Fixtures.with(
                job,
                new JobFile.Model(layers, null, null, null),
                job.train().data(),
                job.train().training());
        var text = Json.write(job).replace("/out\"", "/base\"");
        var outcome = run(text, 0, Contract.TRAIN);
        assertEquals(Reason.Succeeded, outcome.reason(), outcome.message());
        return outcome;
    }

    JobFile job(int attempt, int workers, List<CompressionStep> steps, Acceptance acceptance) throws IOException {
        var like = Fixtures.job(folder, "uid-1", attempt, workers, 1);
        var from =
                new JobFile.From(new JobFile.Place(folder.resolve("base").toString(), "pvc://models/base", null), null);
        return new JobFile(
                like.version(),
                like.job(),
                new Work.Compress(from, like.train().data(), steps, acceptance),
                new JobFile.Checkpoints(
                        like.checkpoints().path(), like.checkpoints().uri(), 4, 0, 99),
                like.peers(),
                like.output(),
                like.timeouts());
    }

    /** The outcomes of all ranks, which are threads. */
    List<Outcome> run(JobFile job) throws Exception {
        var others = new ArrayList<FutureTask<Outcome>>();
        var text = Json.write(job);
        for (int rank = 1; rank < job.peers().size(); rank++) {
            int each = rank;
            var task = new FutureTask<>(() -> run(text, each, Contract.COMPRESS));
            Thread.ofPlatform().daemon().start(task);
            others.add(task);
        }
        var outcomes = new ArrayList<Outcome>();
        outcomes.add(run(text, 0, Contract.COMPRESS));
        for (var other : others) {
            outcomes.add(other.get());
        }
        return outcomes;
    }

    private Outcome run(String job, int rank, String role) throws IOException {
        var file = Files.createTempFile(folder, "job-", ".json");
        Files.writeString(file, job);
        var environment = new HashMap<>(Map.of(
                "CAPSTAN_JOB_FILE", file.toString(),
                "CAPSTAN_TOKEN_FILE", folder.resolve("token").toString(),
                "CAPSTAN_TERMINATION_MESSAGE",
                        folder.resolve("termination-" + rank).toString(),
                "CAPSTAN_RANK", String.valueOf(rank),
                "CAPSTAN_HTTP_PORT", "0",
                "CAPSTAN_SCRATCH", Files.createTempDirectory(folder, "scratch-").toString(),
                "CAPSTAN_MEETING_SECONDS", "60"));
        return new Main(environment).play(role);
    }

    Path file(String name) {
        return folder.resolve(name);
    }

    /** Names of the checkpoints, the oldest first. */
    List<String> checkpoints() throws IOException {
        try (var steps = Files.list(folder.resolve("out/checkpoints/uid-1"))) {
            return steps.map(each -> each.getFileName().toString()).sorted().toList();
        }
    }

    /** Names of the files in the output. */
    List<String> output() throws IOException {
        try (var files = Files.list(folder.resolve("out"))) {
            return files.filter(Files::isRegularFile)
                    .map(each -> each.getFileName().toString())
                    .sorted()
                    .toList();
        }
    }
}
