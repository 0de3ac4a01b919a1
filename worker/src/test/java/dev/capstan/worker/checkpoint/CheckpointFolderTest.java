package dev.capstan.worker.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Json;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.protocol.Progress;
import dev.capstan.protocol.Training.EarlyStopping;
import dev.capstan.worker.Fixtures;
import dev.capstan.worker.artifact.FileDigest;
import dev.capstan.worker.data.Preprocessing;
import dev.capstan.worker.model.Native;
import dev.capstan.worker.model.Network;
import dev.capstan.worker.model.Networks;
import dev.capstan.worker.outcome.Failure;
import dev.capstan.worker.step.Position;
import dev.capstan.worker.train.TrainingState;
import dev.capstan.worker.train.Watch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CheckpointFolderTest {
    private static final Clock CLOCK = Clock.fixed(Instant.parse("2026-01-02T03:04:05Z"), ZoneOffset.UTC);
    private static final String RECIPE = "sha256:recipe";
    private static final String DATA = "sha256:data";

    private static final TrainingState.Origin ORIGIN = new TrainingState.Origin(RECIPE, DATA, Fixtures.PREPROCESSING);

    @TempDir
    Path folder;

    private JobFile job;
    private CheckpointFolder checkpoints;
    private Network network;

    @BeforeAll
    static void load() {
        Native.load(Map.of());
    }

    @BeforeEach
    void prepare() throws Exception {
        job = Fixtures.job(folder, "uid-1", 1, 2, 1);
        checkpoints = new CheckpointFolder(job, Fixtures.NO_SCRATCH, CLOCK);
        checkpoints.prepare();
        network = network();
    }

    @Test
    void whatIsWrittenIsFoundAgain() throws Exception {
        network.parameters().addi(1);
        network.updaterState().addi(2);
        var stopping = new EarlyStopping(EarlyStopping.Metric.LOSS, 3, 0, true);
        var watch = new Watch(stopping);
        watch.note(1, new Description.Measure(0.5, 0.75), network.stage().parameters());
        network.parameters().addi(3);
        var written = checkpoints.write(state(1, 7, watch));
        assertEquals("pvc://models/out/checkpoints/uid-1/step-000000000007", written.uri());
        assertEquals(7, written.step());
        assertEquals("2026-01-02T03:04:05Z", written.time());
        assertEquals(FileDigest.of(file(7, "manifest.json")), written.digest());
        assertEquals(
                Fixtures.PREPROCESSING,
                Json.read(Files.readString(file(7, "preprocessing.json")), Preprocessing.class));

        var found = checkpoints.newest(RECIPE, DATA).orElseThrow();
        assertEquals(written, found.shown());
        assertEquals(
                new Description(
                        Description.VERSION, job.job(), RECIPE, DATA, 2, 7, 0, 7, watch.measured(), null, 0.0, null, 3),
                found.description());
        var other = network();
        var restored = new TrainingState(job.job(), 2, ORIGIN, other, new Watch(stopping)).in(() -> 3);
        restored.read(found);
        assertArrayEquals(
                network.parameters().data().asFloat(), other.parameters().data().asFloat());
        assertArrayEquals(
                network.updaterState().data().asFloat(),
                other.updaterState().data().asFloat());
        assertEquals(7, other.step());
        assertEquals(found.description(), restored.description());
        assertEquals(found, checkpoints.at(7, found.shown().digest(), Duration.ZERO));
        var again = new CheckpointFolder(Fixtures.job(folder, "uid-1", 2, 2, 1), Fixtures.NO_SCRATCH, CLOCK)
                .write(restored);
        assertEquals(found.shown(), again, "what was read is what was written");
    }

    @Test
    void withoutACheckpointThereIsNone() {
        assertTrue(checkpoints.newest(RECIPE, DATA).isEmpty());
        assertTrue(new CheckpointFolder(job, Fixtures.NO_SCRATCH, CLOCK)
                .newest(RECIPE, DATA)
                .isEmpty());
    }

    @ParameterizedTest
    @ValueSource(strings = {"model.zip", "state.json", "manifest.json", "preprocessing.json"})
    void aBrokenOneIsPassedOverForTheOneBefore(String broken) throws Exception {
        written(1, 2);
        Files.writeString(file(2, broken), "{}");
        assertEquals(
                1, checkpoints.newest(RECIPE, DATA).orElseThrow().description().step());
        var told = checkpoints.passedOver();
        assertEquals(1, told.size());
        assertTrue(told.getFirst().startsWith(job.checkpoints().uri() + "/uid-1/step-000000000002: "), told::toString);
        Files.delete(file(2, broken));
        assertEquals(1, newest().description().step());
        written(2);
        assertEquals(2, newest().description().step(), "it is written anew when training comes there again");
    }

    @Test
    void oneThatCannotBeReadAtTheMomentIsNotPassedOver() throws Exception {
        written(1, 2);
        var state = file(2, "state.json");
        Files.move(state, folder.resolve("aside"));
        Fixtures.failing(state);
        assertEquals(
                Reason.StorageUnavailable,
                assertThrows(Failure.class, this::newest).reason());
        assertThrows(IOException.class, () -> written(2));
        Files.move(folder.resolve("aside"), state, StandardCopyOption.REPLACE_EXISTING);
        assertEquals(2, newest().description().step());
    }

    @Test
    void whatSomebodyPutBesideThemIsLeftAlone() throws Exception {
        written(1, 2);
        var copy = Files.writeString(file(2, "").resolveSibling("step-000000000002.tar.gz"), "a copy");
        assertEquals(2, newest().description().step());
        written(3, 4, 5);
        assertEquals("a copy", Files.readString(copy));
    }

    @Test
    void onlySoManyAreKeptAndOnlyOlderOnesGo() throws Exception {
        written(9);
        written(1, 2, 3);
        assertEquals(List.of("step-000000000002", "step-000000000003", "step-000000000009"), names());
    }

    /** What is whole is kept, however much room it takes. */
    @Test
    void oneWhoseForerunnerCannotBeRemovedIsKeptAllTheSame() throws Exception {
        written(1, 2);
        var inTheWay = Files.createDirectory(uid().resolve(".capstan-1-gone-step-000000000001"));
        Files.writeString(inTheWay.resolve("somebody's"), "file");
        assertEquals(3, write(1, 3).step());
        assertEquals(3, newest().description().step());
        assertTrue(names().contains("step-000000000001"));
    }

    @Test
    void anotherRecipesIsRefused() throws Exception {
        written(1);
        var e = assertThrows(Failure.class, () -> checkpoints.newest("sha256:other", DATA));
        assertEquals(Reason.OutputUnavailable, e.reason());
    }

    @Test
    void changedDataAreRefused() throws Exception {
        written(1);
        var e = assertThrows(Failure.class, () -> checkpoints.newest(RECIPE, "sha256:other"));
        assertEquals(Reason.DataChanged, e.reason());
    }

    @Test
    void changedDataAreGoneOnWithIfThoseVeryOnesAreAccepted() throws Exception {
        written(1);
        var base = attempt(2, null);
        var there = base.checkpoints();
        var job = new JobFile(
                base.version(),
                base.job(),
                base.work(),
                new JobFile.Checkpoints(there.path(), there.uri(), 0, 0, there.keep(), null, null, "sha256:other"),
                base.peers(),
                base.output(),
                base.timeouts());
        var accepting = new CheckpointFolder(job, Fixtures.NO_SCRATCH, CLOCK);
        assertEquals(
                1,
                accepting
                        .newest(RECIPE, "sha256:other")
                        .orElseThrow()
                        .description()
                        .step());
        var e = assertThrows(Failure.class, () -> accepting.newest(RECIPE, "sha256:third"));
        assertEquals(Reason.DataChanged, e.reason());
    }

    @Test
    void aRankThatSeesAnotherOneSaysSo() throws Exception {
        written(1);
        var e = assertThrows(Failure.class, () -> checkpoints.at(1, "sha256:0", Duration.ZERO));
        assertEquals(Reason.OutputUnavailable, e.reason());
        assertTrue(e.getMessage().contains("which rank 0 goes on from, can't be read here: "), e.getMessage());
        e = assertThrows(Failure.class, () -> checkpoints.at(2, "sha256:0", Duration.ZERO));
        assertTrue(
                e.getMessage().endsWith("checkpoint.storage needs a volume that all workers see alike"),
                e.getMessage());
    }

    @Test
    void whatAKilledAttemptLeftIsRemoved() throws Exception {
        var half = uid().resolve(".capstan-1-step-000000000001");
        Files.createDirectory(half);
        Files.writeString(half.resolve("model.zip"), "half");
        new CheckpointFolder(Fixtures.job(folder, "uid-1", 2, 2, 1), Fixtures.NO_SCRATCH, CLOCK).prepare();
        assertEquals(List.of(), names());
    }

    @Test
    void whatALaterAttemptIsWritingIsLeftAlone() throws Exception {
        Files.createDirectory(uid().resolve(".capstan-3-step-000000000001"));
        new CheckpointFolder(attempt(2, null), Fixtures.NO_SCRATCH, CLOCK).prepare();
        assertEquals(List.of(".capstan-3-step-000000000001"), names());
    }

    @Test
    void anotherAttemptsOfTheSameStepIsNotTakenForItsOwn() throws Exception {
        var first = write(1, 5);
        network.parameters().addi(1);
        var second = write(2, 5);
        assertEquals("pvc://models/out/checkpoints/uid-1/step-000000000005-attempt-2", second.uri());
        assertEquals(List.of("step-000000000005", "step-000000000005-attempt-2"), names());
        var third = new CheckpointFolder(attempt(3, null), Fixtures.NO_SCRATCH, CLOCK);
        assertEquals(second, third.newest(RECIPE, DATA).orElseThrow().shown());
        assertEquals(first, third.at(5, first.digest(), Duration.ZERO).shown());
        assertEquals(second, third.at(5, second.digest(), Duration.ZERO).shown());
        assertEquals(second, write(2, 5), "and the second time it is there already");
    }

    /** Its steps are more, because nobody has told it that another attempt took its place. */
    @Test
    void anAttemptThatWasGivenUpAndLivesOnChangesNothing() throws Exception {
        var second = write(2, 3);
        write(1, 7, 8, 9);
        assertEquals(
                second,
                new CheckpointFolder(attempt(3, null), Fixtures.NO_SCRATCH, CLOCK)
                        .newest(RECIPE, DATA)
                        .orElseThrow()
                        .shown());
        assertTrue(names().contains("step-000000000003"), "removed is what is its own");
    }

    @Test
    void theStatusSaysWhichOneCounts() throws Exception {
        var listed = write(1, 2);
        write(1, 9);
        assertEquals(9, newestOf(attempt(2, List.of(listed))), "of the attempt before, of which it may not have heard");
        assertEquals(2, newestOf(attempt(3, List.of(listed))));
        assertEquals(9, newestOf(attempt(3, null)), "an older operator doesn't say");
        assertEquals(9, newestOf(attempt(2, List.of())));
        assertTrue(new CheckpointFolder(attempt(3, List.of()), Fixtures.NO_SCRATCH, CLOCK)
                .newest(RECIPE, DATA)
                .isEmpty());
        Files.writeString(file(9, "model.zip"), "broken");
        var newer = new Progress.Checkpoint(9, listed.uri(), "sha256:of the broken one", listed.time());
        assertEquals(2, newestOf(attempt(3, List.of(newer))), "the one before was listed once");
    }

    @Test
    void anotherJobsIsPassedOver() throws Exception {
        written(1);
        Files.move(uid(), folder.resolve("out/checkpoints/uid-2"));
        assertTrue(new CheckpointFolder(Fixtures.job(folder, "uid-2", 1, 2, 1), Fixtures.NO_SCRATCH, CLOCK)
                .newest(RECIPE, DATA)
                .isEmpty());
    }

    private long newestOf(JobFile attempt) {
        return new CheckpointFolder(attempt, Fixtures.NO_SCRATCH, CLOCK)
                .newest(RECIPE, DATA)
                .orElseThrow()
                .description()
                .step();
    }

    private JobFile attempt(int number, List<Progress.Checkpoint> listed) throws IOException {
        var base = Fixtures.job(folder, "uid-1", number, 2, 1);
        var storage = base.checkpoints();
        return new JobFile(
                base.version(),
                base.job(),
                base.work(),
                new JobFile.Checkpoints(storage.path(), storage.uri(), 0, 0, storage.keep(), listed),
                base.peers(),
                base.output(),
                base.timeouts());
    }

    /** The last of the checkpoints that an attempt writes. */
    private Progress.Checkpoint write(int attempt, long... steps) throws IOException {
        Progress.Checkpoint last = null;
        for (long step : steps) {
            last = new CheckpointFolder(attempt(attempt, null), Fixtures.NO_SCRATCH, CLOCK)
                    .write(state(attempt, step, new Watch(null)));
        }
        return last;
    }

    private Checkpoint newest() {
        return checkpoints.newest(RECIPE, DATA).orElseThrow();
    }

    private void written(long... steps) throws IOException {
        write(1, steps);
    }

    private TrainingState state(int attempt, long step, Watch watch) throws IOException {
        var state = new TrainingState(attempt(attempt, null).job(), 2, ORIGIN, network, watch).in(() -> 3);
        state.reached(new Position(step, 0, (int) step));
        network.resume((int) step, 0);
        return state;
    }

    private Path uid() {
        return folder.resolve("out/checkpoints/uid-1");
    }

    private Path file(long step, String name) {
        return uid().resolve(String.format("step-%012d", step)).resolve(name);
    }

    private List<String> names() throws IOException {
        try (var files = Files.list(uid())) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    private static Network network() {
        return Networks.create(Fixtures.layers(), Fixtures.training(1, 32, Fixtures.ADAM, 7), Fixtures.SIDE);
    }
}
