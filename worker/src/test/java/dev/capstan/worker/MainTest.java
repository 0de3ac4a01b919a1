package dev.capstan.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.protocol.Contract;
import dev.capstan.protocol.Json;
import dev.capstan.protocol.Outcome;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.protocol.Progress;
import java.io.DataOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Workers as processes: what a pod's user and the operator see of them. */
class MainTest {
    private static final int FOREVER = 1_000_000;

    @TempDir
    Path folder;

    private List<WorkerProcess> workers = List.of();

    @BeforeEach
    void writeData() throws Exception {
        Fixtures.writeIdx(folder.resolve("train"), Fixtures.images(301, 5));
        Fixtures.writeIdx(folder.resolve("test"), Fixtures.images(200, 6));
    }

    @AfterEach
    void stop() {
        workers.forEach(WorkerProcess::close);
    }

    /** Names of files are what they are, and so are the log and the last word. */
    @Test
    void aWorkerAloneTrainsAndSavesWhateverTheNamesOfPlacesAre() throws Exception {
        var place = Files.createDirectories(folder.resolve("\u82f9\u679c/\u00c4pfel"));
        Files.move(folder.resolve("train"), place.resolve("train"));
        Files.move(folder.resolve("test"), place.resolve("test"));
        var job = Json.write(Fixtures.job(place, "uid-1", 1, 1, 5))
                .replace("pvc://models/out", "pvc://models/\u82f9\u679c")
                .replace("team-a", "\u56e2\u961f");
        workers = List.of(WorkerProcess.start(folder, job, 0));
        var outcome = workers.getFirst().outcome();
        assertEquals(Reason.Succeeded, outcome.reason(), outcome.message());
        assertTrue(outcome.artifact().metrics().get("accuracy") > 0.9, outcome.toString());
        assertEquals("pvc://models/\u82f9\u679c", outcome.artifact().uri());
        assertTrue(
                workers.getFirst().log().contains("job \u56e2\u961f/"),
                workers.getFirst().log());
        try (var files = Files.list(place.resolve("out"))) {
            assertEquals(
                    List.of(
                            "MODEL_CARD.md",
                            "events.out.tfevents.0.capstan",
                            "manifest.json",
                            "metrics.json",
                            "model-card.json",
                            "model.onnx",
                            "model.zip",
                            "preprocessing.json",
                            "profile.json"),
                    files.map(file -> file.getFileName().toString()).sorted().toList());
        }
    }

    /** Without {@link dev.capstan.worker.model.HoldingExecutioner}, half of such runs die of a segmentation fault. */
    @Test
    void constantGarbageCollectionTakesNoMemoryFromNativeCode() throws Exception {
        var job = Json.write(Fixtures.job(folder, "uid-1", 1, 1, 1000));
        workers = List.of(WorkerProcess.start(folder, job, 0, "-Xmn1m"));
        assertEquals(Reason.Succeeded, workers.getFirst().outcome().reason());
    }

    /** One gang's model, made by processes, and all who come after it, who are threads: a start takes seconds. */
    @Test
    void whatIsMadeIsFoundAgainIsTakenIsNotOverwrittenAndIsTheSameWhenMadeAgain() throws Exception {
        var first = outcomes("uid-1", 1, 2);
        assertEquals(Reason.Succeeded, first.get(1).reason());
        assertNull(first.get(1).artifact());
        var made = first.getFirst().artifact();
        anAttemptAfterTheWorkWasDoneSucceedsAtOnce(made);
        assertEquals(
                Reason.OutputUnavailable,
                played(Json.write(Fixtures.job(folder, "uid-2", 1, 1, 5)))
                        .getFirst()
                        .reason());
        aModelThatAnotherJobHasMadeOfTheSameIsTakenByAllRanks(made);

        Files.move(folder.resolve("out"), folder.resolve("first"));
        var again = Json.write(Fixtures.job(folder, "uid-1", 1, 2, 5));
        assertEquals(
                made,
                played(again, again).getFirst().artifact(),
                "digest, size and metrics are a function of the job, whoever computes it");
    }

    private void anAttemptAfterTheWorkWasDoneSucceedsAtOnce(Outcome.Artifact made) throws Exception {
        var saved = Files.getLastModifiedTime(folder.resolve("out/model.zip"));
        var again = Json.write(Fixtures.job(folder, "uid-1", 2, 2, 5));
        var second = played(again).getFirst();
        assertEquals(Reason.Succeeded, second.reason(), "without its peer");
        assertEquals(made, second.artifact());
        assertEquals(saved, Files.getLastModifiedTime(folder.resolve("out/model.zip")));
    }

    private void aModelThatAnotherJobHasMadeOfTheSameIsTakenByAllRanks(Outcome.Artifact made) throws Exception {
        var job = Json.write(Fixtures.job(folder, "uid-2", 1, 2, 5)).replace("\"FAIL\"", "\"REUSE\"");
        var ranks = played(job, job);
        assertEquals(
                new Outcome(
                        Reason.Succeeded,
                        "another job has made the same model",
                        new Outcome.Artifact(
                                made.uri(),
                                made.digest(),
                                made.sizeBytes(),
                                made.metrics(),
                                "job team-a/quarters with UID uid-1")),
                ranks.get(0));
        assertEquals(new Outcome(Reason.Succeeded, "rank 0 has found the model", null), ranks.get(1));
    }

    @Test
    void sigtermKeepsTheStateAndTheNextAttemptGoesOnFromIt() throws Exception {
        workers = WorkerProcess.startAll(folder, Fixtures.job(folder, "uid-1", 1, 2, FOREVER));
        assertEquals(FOREVER, workers.get(0).awaitTraining().epochs());
        workers.get(0).await(progress -> progress.epoch() > 2);
        workers.get(1).terminate();
        var last = workers.get(1).outcome();
        assertEquals(Reason.Terminated, last.reason());
        workers.get(0).terminate();
        var leader = workers.get(0).outcome();
        assertEquals(last.reason(), leader.reason());
        assertEquals(last.message(), leader.message(), "both stopped at the same step, and know where it is kept");
        assertTrue(last.message().contains("; its state is kept in pvc://models/out/checkpoints/uid-1/step-"));

        var before = Events.steps(Events.shown(folder.resolve("out")));
        assertEquals(LongStream.rangeClosed(1, before.size()).boxed().toList(), before);
        assertTrue(!before.isEmpty(), "what the training came to is there for whoever wants to know how it went");

        workers = WorkerProcess.startAll(folder, Fixtures.job(folder, "uid-1", 2, 2, FOREVER));
        var resumed = workers.get(0).awaitTraining();
        var kept = resumed.lastCheckpoint();
        assertTrue(last.message().endsWith(kept.uri()), last + " " + kept);
        assertEquals(kept, leader.checkpoint());
        assertTrue(resumed.history().getFirst().epoch() <= before.size(), "what it came to before stays in the status");
        assertTrue(resumed.step() >= kept.step());
        workers.get(1).await(progress -> progress.step() > kept.step());
        assertEquals(202, workers.get(1).askForCheckpoint());
        var asked = workers.get(0)
                .await(progress -> progress.lastCheckpoint().step() > kept.step()
                        && progress.step() > progress.lastCheckpoint().step());

        workers.get(1).kill();
        var told = workers.get(0).outcome();
        assertEquals(Reason.PeerLost, told.reason());
        assertTrue(told.message().startsWith("rank 1 (localhost:"), told.message());
        var shown = Events.steps(Events.shown(folder.resolve("out")));
        assertEquals(LongStream.rangeClosed(1, shown.size()).boxed().toList(), shown, "each epoch once");
        assertTrue(shown.size() >= before.size(), shown.size() + " after " + before.size());
        var steps = checkpoints();
        assertEquals(2, steps.size(), steps.toString());
        assertTrue(asked.lastCheckpoint().uri().endsWith(steps.get(0)), steps + " " + asked);
        assertTrue(steps.get(1).compareTo(steps.get(0)) > 0, "what the last whole step left is kept as well");
    }

    /** One by one, so many samples take each of two ranks three seconds or more. */
    @Test
    void aWorkerThatIsEndedWhileItMeasuresKeepsItsStateThen() throws Exception {
        Fixtures.writeIdx(folder.resolve("test"), Fixtures.images(40_000, 6));
        var first = measuring(1);
        assertNull(first.lastCheckpoint());
        workers.getFirst().terminate();
        var other = workers.getLast().outcome();
        assertEquals(Reason.Terminated, other.reason());
        assertTrue(other.message().startsWith("rank 0 ended: asked to stop"), other.message());
        var outcome = workers.getFirst().outcome();
        assertEquals(Reason.Terminated, outcome.reason());
        assertEquals(
                "asked to stop, and did so after step 301 of epoch 1; its state is kept in"
                        + " pvc://models/out/checkpoints/uid-1/step-000000000301",
                outcome.message());

        var second = measuring(2);
        assertEquals(outcome.checkpoint(), second.lastCheckpoint());
        assertTrue(Double.isNaN(second.loss()), "no step was made again");
        workers.getFirst().terminate();
        assertEquals(outcome, workers.getFirst().outcome());
    }

    private Progress measuring(int attempt) throws Exception {
        var job = Json.write(Fixtures.job(folder, "uid-1", attempt, 2, 1))
                .replace("\"batchSize\" : 32", "\"batchSize\" : 1");
        workers = List.of(WorkerProcess.start(folder, job, 0), WorkerProcess.start(folder, job, 1));
        return workers.getFirst().await(progress -> progress.stage() == Progress.Stage.EVALUATING);
    }

    @Test
    void aVolumeThatDoesntAnswerIsWaitedFor() throws Exception {
        var outage = trainedDuringAnOutage();
        Files.delete(outage);
        assertEquals(Reason.Succeeded, workers.getFirst().outcome().reason());
    }

    @Test
    void whoIsEndedWhileItWaitsForTheVolumeKeepsItsState() throws Exception {
        trainedDuringAnOutage();
        workers.getFirst().terminate();
        var outcome = workers.getFirst().outcome();
        assertEquals(Reason.StorageUnavailable, outcome.reason());
        assertEquals(
                checkpoints().getLast(),
                Path.of(outcome.checkpoint().uri()).getFileName().toString());
    }

    /** Until the file that is returned is gone, the output fails. */
    private Path trainedDuringAnOutage() throws Exception {
        workers = WorkerProcess.startAll(folder, Fixtures.job(folder, "uid-1", 1, 1, 300));
        workers.getFirst().awaitTraining();
        var outage = Fixtures.failing(folder.resolve("out/manifest.json"));
        workers.getFirst().await(progress -> progress.stage() == Progress.Stage.SAVING);
        workers.getFirst().awaitLog("Input/output error; it needs");
        return outage;
    }

    private List<String> checkpoints() throws Exception {
        try (var steps = Files.list(folder.resolve("out/checkpoints/uid-1"))) {
            return steps.map(step -> step.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void sigtermBeforeThereIsAStateEndsAtOnce() throws Exception {
        var job = Json.write(Fixtures.job(folder, "uid-1", 1, 2, 1));
        workers = List.of(WorkerProcess.start(folder, job, 0));
        workers.getFirst().await(progress -> progress.stage() == Progress.Stage.MEETING);
        assertEquals(409, workers.getFirst().askForCheckpoint());
        workers.getFirst().terminate();
        assertEquals(
                new Outcome(Reason.Terminated, "asked to stop by SIGTERM", null),
                workers.getFirst().outcome());
    }

    /** As one whose pod is evicted while the others read their data. */
    @Test
    void sigtermBeforeThereIsAStateLeavesAGangThatGoesOn() throws Exception {
        var job = Json.write(Fixtures.job(folder, "uid-1", 1, 2, 1))
                .replaceFirst("\"storage\" : (\\d+)\\b", "\"storage\" : $1, \"regroup\" : 60");
        workers = List.of(WorkerProcess.start(folder, job, 0));
        workers.getFirst().await(progress -> progress.stage() == Progress.Stage.MEETING);
        workers.getFirst().terminate();
        assertEquals(
                new Outcome(Reason.Left, "asked to stop by SIGTERM, before it had begun", null),
                workers.getFirst().outcome());
    }

    @Test
    void sigtermEndsAWorkerInTimeThoughNoStepEnds() throws Exception {
        var job = Json.write(Fixtures.job(folder, "uid-1", 1, 2, FOREVER));
        workers = List.of(
                WorkerProcess.start(folder, job, 0, Map.of("CAPSTAN_GRACE_SECONDS", "3")),
                WorkerProcess.start(folder, job, 1));
        workers.get(0).awaitTraining();
        workers.get(1).freeze();
        workers.get(0).terminate();
        assertEquals(
                new Outcome(
                        Reason.StateNotKept,
                        "asked to stop by SIGTERM, and the state could not be kept within 2 s; a longer"
                                + " workers.terminationGracePeriodSeconds gives it more time",
                        null),
                workers.get(0).outcome());
    }

    @Test
    void otherDataOnOneRankIsToldByAll() throws Exception {
        var job = Fixtures.job(folder, "uid-1", 1, 2, 1);
        var otherJob = Json.write(job)
                .replace(
                        folder.resolve("train").toString(),
                        folder.resolve("test").toString());
        for (var outcome : played(Json.write(job), otherJob)) {
            assertTrue(outcome.message().contains("rank 1 has another job file than rank 0"), outcome.message());
        }
    }

    @Test
    void brokenDataIsToldWithFileAndRecord() throws Exception {
        var labels = folder.resolve("test/some-labels-idx1-ubyte.gz");
        Files.delete(labels);
        Files.write(folder.resolve("test/some-labels-idx1-ubyte"), new byte[] {0, 0, 8, 1, 0, 0, 0, 2, 1, 77});
        var outcome = played(Json.write(Fixtures.job(folder, "uid-1", 1, 1, 5))).getFirst();
        assertEquals(
                new Outcome(
                        Reason.InvalidData,
                        "data.test: pvc://data/test/some-labels-idx1-ubyte, record 2: label 77 is no class; the output"
                                + " layer has 4 units, so labels are whole numbers from 0 to 3",
                        null),
                outcome);
    }

    @Test
    void memoryThatRanOutIsToldWithWhatHelps() throws Exception {
        // 300 million labels, which compress to next to nothing and need more than the heap.
        Files.delete(folder.resolve("train/some-labels-idx1-ubyte.gz"));
        try (var out = new DataOutputStream(new GZIPOutputStream(
                Files.newOutputStream(folder.resolve("train/some-labels-idx1-ubyte.gz")), 1 << 16))) {
            out.writeInt(0x801);
            out.writeInt(300_000_000);
            for (int i = 0; i < 300; i++) {
                out.write(new byte[1_000_000]);
            }
        }
        var outcome = outcomes("uid-1", 1, 1).getFirst();
        assertEquals(Reason.OutOfMemory, outcome.reason());
        assertTrue(outcome.message().contains("give the workers a higher memory limit"), outcome.message());
    }

    @Test
    void aVolumeThatIsFullIsTold() throws Exception {
        var job = Json.write(Fixtures.job(folder, "uid-1", 1, 1, 1))
                .replace("\"units\" : 16", "\"units\" : 1000")
                .replace("\"everySteps\" : 0", "\"everySteps\" : 5");
        workers = List.of(WorkerProcess.startWithSmallFiles(folder, job, 0, 100));
        var outcome = workers.getFirst().outcome();
        assertEquals(Reason.OutputUnavailable, outcome.reason());
        assertTrue(outcome.message().contains("can't be written: java.io.IOException: File too large"));
        assertTrue(outcome.message().contains("it needs a volume with free space"), outcome.message());
        var log = workers.getFirst().log();
        assertTrue(log.contains("step 5 of epoch 1 is not kept, and training goes on"), log);
        assertEquals(List.of(), checkpoints());
    }

    @Test
    void aJobThatIsNoneIsToldToo() throws Exception {
        workers = List.of(WorkerProcess.start(folder, "{\"version\": 7}", 0));
        var outcome = workers.getFirst().outcome();
        assertEquals(Reason.InvalidJob, outcome.reason());
        assertNotNull(outcome.message());
    }

    /** What the ranks of a job end with as threads of this process, each by its job file. */
    private List<Outcome> played(String... jobs) throws Exception {
        var token = Files.writeString(folder.resolve("token"), "s3cret").toString();
        var ranks = new ArrayList<FutureTask<Outcome>>();
        for (int rank = 0; rank < jobs.length; rank++) {
            var files = Files.createTempDirectory(folder, "rank-" + rank + "-");
            var main = new Main(Map.of(
                    "CAPSTAN_JOB_FILE",
                    Files.writeString(files.resolve("job.json"), jobs[rank]).toString(),
                    "CAPSTAN_TOKEN_FILE",
                    token,
                    "CAPSTAN_TERMINATION_MESSAGE",
                    files.resolve("termination").toString(),
                    "CAPSTAN_SCRATCH",
                    files.toString(),
                    "CAPSTAN_RANK",
                    String.valueOf(rank),
                    "CAPSTAN_HTTP_PORT",
                    "0"));
            var task = new FutureTask<>(() -> main.play(Contract.TRAIN));
            Thread.ofPlatform().daemon().start(task);
            ranks.add(task);
        }
        var outcomes = new ArrayList<Outcome>();
        for (var rank : ranks) {
            outcomes.add(rank.get(4, TimeUnit.MINUTES));
        }
        return outcomes;
    }

    private List<Outcome> outcomes(String uid, int attempt, int size) throws Exception {
        workers.forEach(WorkerProcess::close);
        workers = WorkerProcess.startAll(folder, Fixtures.job(folder, uid, attempt, size, 5));
        var outcomes = new ArrayList<Outcome>();
        for (var worker : workers) {
            outcomes.add(worker.outcome());
        }
        return outcomes;
    }
}
