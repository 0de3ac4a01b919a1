package dev.capstan.worker.train;

import static dev.capstan.worker.train.Attempts.AFTER_THE_LAST_STEP;
import static dev.capstan.worker.train.Attempts.DATA;
import static dev.capstan.worker.train.Attempts.FAST;
import static dev.capstan.worker.train.Attempts.SAMPLES;
import static dev.capstan.worker.train.Attempts.by;
import static dev.capstan.worker.train.Attempts.steps;
import static dev.capstan.worker.train.Attempts.training;
import static dev.capstan.worker.train.Attempts.with;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.protocol.Layer;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.protocol.Training;
import dev.capstan.protocol.Training.EarlyStopping;
import dev.capstan.worker.Fixtures;
import dev.capstan.worker.Gang;
import dev.capstan.worker.data.Preprocessing;
import dev.capstan.worker.model.Native;
import dev.capstan.worker.outcome.Failure;
import dev.capstan.worker.ring.Patience;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** A training that was interrupted, however often, ends with the bytes of one that wasn't. */
class ResumeTest {
    @TempDir
    Path folder;

    private Attempts attempts;

    @BeforeEach
    void inTheFolder() {
        attempts = new Attempts(folder);
    }

    @BeforeAll
    static void load() {
        Native.load(Map.of());
    }

    static Stream<Arguments> interruptions() {
        var best = new EarlyStopping(EarlyStopping.Metric.ACCURACY, 1, 0.5, true);
        var schedule = new Training.Schedule(new Training.Decay.Step(1, 0.5), 12);
        return Stream.of(
                interruption("in mid-epoch", 1, training(Fixtures.ADAM, 0, null), 13),
                interruption("at an epoch's edge", 2, training(Fixtures.ADAM, 0, null), 10),
                interruption("with momentum, again and again", 2, training(Fixtures.NESTEROV, 0, null), 1, 2, 20, 29),
                interruption("at the last step", 3, training(Fixtures.SGD, 0, null), 30),
                interruption("with a learning rate that changes", 2, training(Fixtures.ADAM, schedule), 7, 15),
                interruption("with a validation split", 2, training(FAST, 0.2, null), 8, 17),
                interruption("with the best epoch's parameters kept", 2, training(FAST, 0.2, best), 3, 12),
                Arguments.of(
                        "with batch normalization",
                        2,
                        training(Fixtures.ADAM, 0, null),
                        List.of(4, 20),
                        List.of(
                                new Layer.Dense(16, "relu"),
                                new Layer.BatchNormalization(0.9, 1e-5),
                                new Layer.Output(Fixtures.CLASSES, "softmax", "mcxent"))),
                Arguments.of(
                        "with dropout",
                        2,
                        training(Fixtures.ADAM, 0, null),
                        List.of(4, 20),
                        List.of(
                                new Layer.Dense(16, "relu"),
                                new Layer.Dropout(0.5),
                                new Layer.Output(Fixtures.CLASSES, "softmax", "mcxent"))),
                Arguments.of(
                        "by LibTorch, with a schedule, batch normalization and dropout",
                        2,
                        by(Training.Engine.LIBTORCH, training(Fixtures.ADAM, schedule)),
                        List.of(4, 10, 23),
                        List.of(
                                new Layer.Dense(16, "relu"),
                                new Layer.BatchNormalization(0.9, 1e-5),
                                new Layer.Dropout(0.5),
                                new Layer.Output(Fixtures.CLASSES, "softmax", "mcxent"))),
                interruption(
                        "by LibTorch, with the best epoch's parameters kept",
                        1,
                        by(Training.Engine.LIBTORCH, training(FAST, 0.2, best)),
                        3,
                        12));
    }

    private static Arguments interruption(String name, int workers, Training training, Integer... stops) {
        return Arguments.of(name, workers, training, List.of(stops), Fixtures.layers());
    }

    @ParameterizedTest(name = "{0}, {1} workers")
    @MethodSource("interruptions")
    void anInterruptedTrainingEndsWithTheSameBytes(
            String name, int workers, Training training, List<Integer> stops, List<Layer> model) throws Exception {
        attempts.layers = model;
        // Interruptions come while checkpoints are being written, too.
        attempts.settles = false;
        var undisturbed = attempts.run(workers, training, "undisturbed", 0);
        for (int stop : stops) {
            for (var end : attempts.run(workers, training, "interrupted", stop, 3)) {
                assertEquals(Reason.Terminated, end.failure().reason());
                assertEquals(
                        "asked to stop, and did so after step " + stop + " of epoch "
                                + (Math.ceilDiv(stop, steps(training)))
                                + "; its state is kept in pvc://models/out/checkpoints/interrupted/step-"
                                + String.format("%012d", stop),
                        end.failure().getMessage());
            }
        }
        var resumed = attempts.run(workers, training, "interrupted", 0, 3);
        for (int rank = 0; rank < workers; rank++) {
            assertArrayEquals(
                    undisturbed.get(rank).result().archive(),
                    resumed.get(rank).result().archive());
            assertEquals(
                    undisturbed.get(rank).result().metrics(),
                    resumed.get(rank).result().metrics());
            var history = undisturbed.get(rank).result().progress().history();
            assertEquals(history, resumed.get(rank).result().progress().history());
            assertEquals(undisturbed.get(rank).result().metrics().get("epochs"), history.size());
            assertTrue(history.getLast().loss() < history.getFirst().loss(), history.toString());
            assertEquals(training.validationSplit() > 0, history.getLast().validationAccuracy() != null);
        }
    }

    /** Every rank holds the whole state: what one leader has left is what the next one goes on from. */
    @Test
    void whicheverRankLeadsWritesTheSameState() throws Exception {
        var best = new EarlyStopping(EarlyStopping.Metric.ACCURACY, 1, 0.5, true);
        var training = training(FAST, 0.2, best);
        attempts.run(2, training, "a", 10);
        attempts.leader = 1;
        attempts.run(2, training, "b", 10);
        try (var parts = Files.list(folder.resolve("out/checkpoints/a/step-000000000010"))) {
            var names =
                    parts.map(part -> part.getFileName().toString()).sorted().toList();
            assertEquals(
                    List.of(
                            "best.bin",
                            "history.json",
                            "manifest.json",
                            "model.zip",
                            "preprocessing.json",
                            "state.json"),
                    names);
            for (var name : List.of("best.bin", "model.zip", "preprocessing.json")) {
                assertArrayEquals(
                        Files.readAllBytes(folder.resolve("out/checkpoints/a/step-000000000010/" + name)),
                        Files.readAllBytes(folder.resolve("out/checkpoints/b/step-000000000010/" + name)),
                        name);
            }
            assertEquals(history("a"), history("b"));
        }
        var undisturbed = attempts.run(2, training, "undisturbed", 0);
        assertArrayEquals(
                undisturbed.get(0).result().archive(),
                attempts.run(2, training, "b", 0).get(0).result().archive());
    }

    /** But for the times. */
    private String history(String job) throws Exception {
        var text = Files.readString(folder.resolve("out/checkpoints/" + job + "/step-000000000010/history.json"));
        return text.replaceAll("\"millis\" : [0-9]+", "");
    }

    static Stream<Arguments> trainings() {
        var best = new EarlyStopping(EarlyStopping.Metric.ACCURACY, 1, 0.5, true);
        return Stream.of(
                Arguments.of("to its last epoch", training(Fixtures.ADAM, 0, null)),
                Arguments.of("that stopped early and puts the best epoch back", training(FAST, 0.2, best)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("trainings")
    void aTrainingThatIsStoppedAfterItsLastStepHasNoStepToMakeAgain(String name, Training training) throws Exception {
        var undisturbed = attempts.run(2, training, "undisturbed", 0);
        long last = undisturbed.getFirst().result().progress().step();
        // Twice: the second time there was no step to make.
        for (int attempt = 0; attempt < 2; attempt++) {
            var stop = attempts.run(2, training, "interrupted", AFTER_THE_LAST_STEP)
                    .getFirst()
                    .failure();
            assertEquals(Reason.Terminated, stop.reason());
            assertTrue(
                    stop.getMessage()
                            .endsWith("its state is kept in pvc://models/out/checkpoints/interrupted/step-"
                                    + String.format("%012d", last)),
                    stop.getMessage());
        }
        var again = attempts.run(2, training, "interrupted", 0);
        for (int rank = 0; rank < 2; rank++) {
            var before = undisturbed.get(rank).result();
            var after = again.get(rank).result();
            assertArrayEquals(before.archive(), after.archive());
            assertEquals(before.metrics(), after.metrics());
            assertTrue(Double.isNaN(after.progress().loss()), "no step was made again");
        }
    }

    @Test
    void anotherNumberOfWorkersGoesOnToo() throws Exception {
        var training = training(Fixtures.ADAM, 0, null);
        var undisturbed = attempts.run(1, training, "undisturbed", 0).getFirst().result();
        attempts.run(3, training, "interrupted", 5);
        attempts.run(1, training, "interrupted", 14);
        for (var end : attempts.run(2, training, "interrupted", 0)) {
            assertArrayEquals(undisturbed.parameters(), end.result().parameters(), 2e-5f);
        }
    }

    @Test
    void theRanksStopEarlyTogetherWithTheBestParameters() throws Exception {
        // An improvement of the accuracy by a half comes once, if ever: the first epoch stays the best.
        var stopping = new EarlyStopping(EarlyStopping.Metric.ACCURACY, 2, 0.5, true);
        var endless = Fixtures.training(50, 32, FAST, 7);
        var training = with(endless, 0.2, stopping);
        var one = attempts.run(1, with(Fixtures.training(1, 32, FAST, 7), 0.2, null), "one", 0)
                .getFirst()
                .result();
        for (var end : attempts.run(1, training, "stopped", 0)) {
            assertEquals(3, end.result().metrics().get("epochs"));
            assertEquals(1, end.result().metrics().get("bestEpoch"));
            assertArrayEquals(one.parameters(), end.result().parameters());
            assertEquals(
                    one.metrics().get("validationLoss"), end.result().metrics().get("validationLoss"));
            assertEquals(24, end.result().progress().steps(), "the progress tells what was done");
        }
    }

    @Test
    void whatIsMeasuredIsTheSameForAnyNumberOfWorkers() throws Exception {
        var training = with(Fixtures.training(1, 32, FAST, 7), 0.2, null);
        var alone = attempts.run(1, training, "a", 0).getFirst().result().metrics();
        for (var end : attempts.run(3, training, "b", 0)) {
            assertEquals(alone.get("validationAccuracy"), end.result().metrics().get("validationAccuracy"));
            assertEquals(alone.get("validationLoss"), end.result().metrics().get("validationLoss"), 1e-5);
        }
    }

    /**
     * What a rank does to which its machine is lost: it is gone, and the others are in the middle of what comes next.
     */
    @ParameterizedTest(name = "after step {0}, computing the next: {1}")
    @CsvSource({"3, false", "10, false", "13, true", "10, true", "20, true", "30, false"})
    void theLastWholeStepIsKeptWhenAPeerIsLost(int step, boolean computing) throws Exception {
        var training = training(Fixtures.ADAM, 0, null);
        var undisturbed = attempts.run(2, training, "undisturbed", 0);
        var job = attempts.job(2, training, "interrupted", attempts.checkpoints(0));
        var ends = Gang.ends(2, Patience.DEFAULT, ring -> {
            var lost = new LostRank(SAMPLES, ring.rank() == 1 ? step : -1, computing);
            return attempts.trained(job, ring, lost, Optional.empty(), 0, System::nanoTime, lost);
        });
        assertEquals(Reason.PeerLost, ends.getFirst().failure().reason());
        assertEquals(step, Attempts.newest(job).orElseThrow().description().step());
        assertArrayEquals(
                undisturbed.getFirst().result().archive(),
                attempts.run(2, training, "interrupted", 0).getFirst().result().archive());
    }

    /** Parameters mean what the classes and words stood for that they were trained on. */
    @Test
    void dataThatHaveChangedAreGoneOnWithOnlyIfTheSameIsLearnedFromThem() throws Exception {
        var training = training(Fixtures.ADAM, 0, null);
        attempts.run(1, training, "interrupted", 3);
        var checkpoint = Attempts.newest(attempts.job(1, training, "interrupted", attempts.checkpoints(0)))
                .orElseThrow();
        var same = Fixtures.PREPROCESSING;
        TrainingState.checkLearned(checkpoint, new TrainingState.Origin("", "sha256:other", same));
        var other = new Preprocessing(same.shape(), List.of("cat", "dog"), null);
        TrainingState.checkLearned(checkpoint, new TrainingState.Origin("", DATA, other));
        var e = assertThrows(
                Failure.class,
                () -> TrainingState.checkLearned(checkpoint, new TrainingState.Origin("", "sha256:other", other)));
        assertEquals(Reason.DataChanged, e.reason());
        assertTrue(e.getMessage().contains("the checkpoint's parameters stand for others"), e.getMessage());
    }
}
