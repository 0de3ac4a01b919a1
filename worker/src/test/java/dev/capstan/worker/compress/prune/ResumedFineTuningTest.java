package dev.capstan.worker.compress.prune;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Layer;
import dev.capstan.protocol.Optimizer;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.protocol.Timeouts;
import dev.capstan.protocol.Training;
import dev.capstan.protocol.Training.EarlyStopping;
import dev.capstan.worker.Fixtures;
import dev.capstan.worker.Gang;
import dev.capstan.worker.artifact.ModelArchive;
import dev.capstan.worker.artifact.Recipe;
import dev.capstan.worker.checkpoint.Checkpoint;
import dev.capstan.worker.checkpoint.CheckpointFolder;
import dev.capstan.worker.compress.prune.Pruning.Groups;
import dev.capstan.worker.compress.prune.Pruning.Scope;
import dev.capstan.worker.compress.prune.Pruning.SingleWeights;
import dev.capstan.worker.data.Samples;
import dev.capstan.worker.model.Native;
import dev.capstan.worker.model.Network;
import dev.capstan.worker.model.Networks;
import dev.capstan.worker.ring.Patience;
import dev.capstan.worker.ring.Ring;
import dev.capstan.worker.ring.Wish;
import dev.capstan.worker.step.Mask;
import dev.capstan.worker.step.Position;
import dev.capstan.worker.train.Checkpointing;
import dev.capstan.worker.train.ProgressBoard;
import dev.capstan.worker.train.Split;
import dev.capstan.worker.train.Trainer;
import dev.capstan.worker.train.TrainingState;
import dev.capstan.worker.train.Watch;
import java.io.ByteArrayOutputStream;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Fine-tuning that was killed, however often, ends with the bytes of one that wasn't. */
class ResumedFineTuningTest {
    /** 10 steps an epoch; with a validation split of a fifth, 8. */
    private static final Samples SAMPLES = Fixtures.images(301, 5);

    private static final List<Layer> LAYERS = List.of(
            new Layer.Dense(16, "relu"),
            new Layer.BatchNormalization(0.9, 1e-5),
            new Layer.Output(Fixtures.CLASSES, "softmax", "mcxent"));

    @TempDir
    Path folder;

    @BeforeAll
    static void load() {
        Native.load(Map.of());
    }

    static Stream<Arguments> interruptions() {
        var best = new EarlyStopping(EarlyStopping.Metric.ACCURACY, 1, 0.5, true);
        var fast = new Optimizer.Adam(0.02, 0.9, 0.999, 1e-8);
        var most = new SingleWeights(Scope.GLOBAL, 80);
        return Stream.of(
                Arguments.of("with Adam", 2, training(Fixtures.ADAM, 0, null), most, List.of(1, 13)),
                Arguments.of("with momentum", 1, training(Fixtures.NESTEROV, 0, null), new Groups(2, 4), List.of(10)),
                Arguments.of(
                        "that stops early with the best epoch", 2, training(fast, 0.2, best), most, List.of(3, 9)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("interruptions")
    void itEndsWithTheSameBytes(String name, int workers, Training training, Pruning pruning, List<Integer> stops)
            throws Exception {
        var undisturbed = attempt(workers, training, pruning, "undisturbed", 0);
        for (int stop : stops) {
            for (var end : attempt(workers, training, pruning, "interrupted", stop)) {
                assertEquals(Reason.Terminated, end.failure().reason(), end.failure()::getMessage);
            }
        }
        var resumed = attempt(workers, training, pruning, "interrupted", 0);
        for (int rank = 0; rank < workers; rank++) {
            var before = undisturbed.get(rank).result();
            var after = resumed.get(rank).result();
            assertArrayEquals(before.archive(), after.archive());
            assertEquals(before.mask(), after.mask());
            assertTrue(after.mask().count() > 0, "the mask came from the checkpoint");
            for (int i = 0; i < after.mask().length(); i++) {
                assertTrue(!after.mask().zero(i) || after.parameters()[i] == 0, "weight " + i);
            }
        }
    }

    @Test
    void aCheckpointWithoutTheMaskIsNotGoneOnFrom() throws Exception {
        var training = training(Fixtures.ADAM, 0, null);
        attempt(1, training, null, "unpruned", 5);
        var end = attempt(1, training, new SingleWeights(Scope.LAYER, 50), "unpruned", 0)
                .getFirst();
        assertEquals(
                "checkpoint pvc://models/out/checkpoints/unpruned/step-000000000005 can't be read:"
                        + " java.io.FileNotFoundException: mask.bin",
                end.failure().getMessage());
    }

    private record Tuned(byte[] archive, float[] parameters, Mask mask) {}

    /** All ranks end after the given step, or at the end for 0. */
    private List<Gang.End<Tuned>> attempt(int workers, Training training, Pruning pruning, String uid, int stop)
            throws Exception {
        var base = Fixtures.job(folder, uid, 1, workers, 1);
        var job = Fixtures.with(
                base, new JobFile.Model(LAYERS, null, null, null), base.train().data(), training);
        var newest = new CheckpointFolder(job, Fixtures.NO_SCRATCH, Clock.systemUTC())
                .newest(Recipe.of(job).description(), "sha256:data");
        return Gang.ends(workers, Patience.DEFAULT, ring -> tuned(job, ring, pruning, newest, stop));
    }

    private static Tuned tuned(JobFile job, Ring ring, Pruning pruning, Optional<Checkpoint> newest, int stop)
            throws Exception {
        var training = job.train().training();
        var network = Networks.create(job.train().model(), training, Fixtures.PREPROCESSING, null);
        // Whoever goes on has nothing but the checkpoint.
        var mask = pruning == null || newest.isPresent()
                ? Mask.of(network.parameters().length(), new BitSet())
                : Chooser.choose(pruning, network.structure(), network.stage().parameters())
                        .mask();
        network.stage().parameters().zero(mask);
        var held = new HeldAtZero(mask);
        var watch = new Watch(training.earlyStopping());
        var board = new ProgressBoard(1, System::nanoTime);
        var identity = new TrainingState.Origin(Recipe.of(job).description(), "sha256:data", Fixtures.PREPROCESSING);
        var state = new TrainingState(
                job.job(), ring.size(), identity, network, watch, pruning == null ? List.of() : List.of(held));
        var checkpointing = new Checkpointing(
                job.checkpoints(),
                new CheckpointFolder(job, Fixtures.NO_SCRATCH, Clock.systemUTC()),
                state,
                ring,
                0,
                board,
                System::nanoTime,
                Checkpointing.Limits.here(() -> Duration.ZERO, Timeouts.DEFAULT));
        var start = newest.map(checkpointing::resume).orElse(Position.START);
        if (stop == start.step() + 1) {
            stopLast(ring);
        }
        var split = Split.of(SAMPLES, training.validationSplit(), training.seed());
        new Trainer(
                        network,
                        split,
                        training,
                        ring,
                        board,
                        watch,
                        position -> {
                            if (position.step() == stop - 1) {
                                stopLast(ring);
                            }
                            checkpointing.reached(position);
                        },
                        List.of(held))
                .train(start);
        return new Tuned(archive(network), network.parameters().dup().data().asFloat(), held.mask());
    }

    private static void stopLast(Ring ring) {
        if (ring.rank() == ring.size() - 1) {
            ring.wish(Wish.STOP);
        }
    }

    private static byte[] archive(Network network) throws Exception {
        var bytes = new ByteArrayOutputStream();
        ModelArchive.write(network, bytes);
        return bytes.toByteArray();
    }

    private static Training training(Optimizer optimizer, double validationSplit, EarlyStopping stopping) {
        return new Training(3, 32, optimizer, null, 0, 0, null, validationSplit, stopping, null, 7);
    }
}
