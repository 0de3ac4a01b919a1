package dev.capstan.worker.train;

import static dev.capstan.worker.train.Attempts.DATA;
import static dev.capstan.worker.train.Attempts.SAMPLES;
import static dev.capstan.worker.train.Attempts.training;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.protocol.Training;
import dev.capstan.worker.Fixtures;
import dev.capstan.worker.Gang;
import dev.capstan.worker.artifact.Recipe;
import dev.capstan.worker.checkpoint.CheckpointFolder;
import dev.capstan.worker.model.Native;
import dev.capstan.worker.model.Networks;
import dev.capstan.worker.outcome.Failure;
import dev.capstan.worker.ring.Patience;
import dev.capstan.worker.ring.Wish;
import dev.capstan.worker.step.Position;
import dev.capstan.worker.train.CheckpointRequests.State;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** When the state of a training is kept, and what the training has to do with it. */
class CheckpointingTest {
    private static final Training THREE_EPOCHS = training(Fixtures.ADAM, 0, null);

    @TempDir
    Path folder;

    private Attempts attempts;

    @BeforeAll
    static void load() {
        Native.load(Map.of());
    }

    @BeforeEach
    void inTheFolder() {
        attempts = new Attempts(folder);
    }

    @Test
    void parametersThatAreNoNumbersAreNotKeptWhenAPeerIsLost() throws Exception {
        var job = attempts.job(1, THREE_EPOCHS, "diverged", attempts.checkpoints(0));
        Gang.run(1, Patience.DEFAULT, ring -> {
            var network = Networks.create(job.train().model(), job.train().training(), Fixtures.PREPROCESSING, null);
            var identity = new TrainingState.Origin(Recipe.of(job).description(), DATA, Fixtures.PREPROCESSING);
            var checkpointing = new Checkpointing(
                    job.checkpoints(),
                    new CheckpointFolder(job, Fixtures.NO_SCRATCH, Clock.systemUTC()),
                    new TrainingState(job.job(), 1, identity, network, new Watch(null)),
                    ring,
                    0,
                    new ProgressBoard(1, System::nanoTime),
                    System::nanoTime,
                    attempts.limits);
            network.resume(1, 0);
            checkpointing.reached(new Position(1, 0, 1));
            network.parameters().putScalar(0, Float.NaN);
            checkpointing.salvage(Failure.lost(1, "gone"));
            return null;
        });
        assertTrue(Attempts.newest(job).isEmpty());
    }

    /** A file in the storage's place fails as a volume does that is full or gone: with an IOException. */
    @Test
    void aCheckpointThatCannotBeWrittenEndsNoTraining() throws Exception {
        var undisturbed = attempts.run(2, THREE_EPOCHS, "undisturbed", 0);
        Files.createDirectories(folder.resolve("out/checkpoints"));
        Files.writeString(folder.resolve("out/checkpoints/interrupted"), "");
        var ends = attempts.run(2, THREE_EPOCHS, "interrupted", 13, 4);
        assertEquals(Reason.StateNotKept, ends.get(0).failure().reason());
        assertTrue(
                ends.get(0)
                        .failure()
                        .getMessage()
                        .startsWith("asked to stop, and did so after step 13 of epoch 2; its state is lost:"
                                + " checkpoint.storage pvc://models/out/checkpoints (" + folder
                                + "/out/checkpoints in the pod) can't be written: "),
                ends.get(0).failure().getMessage());
        assertEquals(
                "asked to stop, and did so after step 13 of epoch 2; its state is lost: rank 0 could not write the"
                        + " checkpoint",
                ends.get(1).failure().getMessage());
        var finished = attempts.run(2, THREE_EPOCHS, "interrupted", 0, 4);
        assertArrayEquals(
                undisturbed.get(0).result().archive(), finished.get(0).result().archive());
        var problem = finished.get(0).result().progress().checkpointProblem();
        assertTrue(
                problem.startsWith("step 28 of epoch 3 is not kept: checkpoint.storage pvc://models/out/checkpoints"),
                problem);
    }

    @Test
    void aTrainingThatIsToStopTriesToKeepItsStateAsLongAsItMay() throws Exception {
        Files.createDirectories(folder.resolve("out/checkpoints"));
        var inTheWay = Files.writeString(folder.resolve("out/checkpoints/interrupted"), "");
        Supplier<Duration> stop = () -> {
            // Whoever could make room does so now.
            assertTrue(inTheWay.toFile().delete());
            return Duration.ofSeconds(30);
        };
        attempts.limits = new Checkpointing.Limits(stop, Duration.ofMinutes(10), OptionalLong::empty);
        var stopped =
                attempts.run(2, THREE_EPOCHS, "interrupted", 13).getFirst().failure();
        assertEquals(Reason.Terminated, stopped.reason(), stopped::getMessage);
        assertEquals(
                13,
                Attempts.newest(attempts.job(2, THREE_EPOCHS, "interrupted", attempts.checkpoints(0)))
                        .orElseThrow()
                        .description()
                        .step());
    }

    @Test
    void checkpointsComeAfterSoManyStepsWithoutAnybodysAsking() throws Exception {
        attempts.run(2, THREE_EPOCHS, "uid-1", 0, 4);
        try (var steps = Files.list(folder.resolve("out/checkpoints/uid-1"))) {
            assertEquals(
                    List.of("step-000000000024", "step-000000000028"),
                    steps.map(step -> step.getFileName().toString()).sorted().toList());
        }
    }

    /** By a clock that goes a minute at each look, every 5 minutes are a few steps. */
    @Test
    void checkpointsComeByTheClockOfRankZero() throws Exception {
        var time = new AtomicLong();
        var job = attempts.job(
                2,
                THREE_EPOCHS,
                "uid-1",
                new JobFile.Checkpoints(folder.resolve("checkpoints").toString(), "pvc://checkpoints", 0, 300, 2));
        LongSupplier fast = () -> time.addAndGet(Duration.ofMinutes(1).toNanos());
        LongSupplier slow = () -> 0;
        Gang.run(
                2,
                Patience.DEFAULT,
                ring -> attempts.trained(
                        job, ring, SAMPLES, Optional.empty(), 0, ring.rank() == 0 ? fast : slow, Edge.NONE));
        try (var steps = Files.list(folder.resolve("checkpoints/uid-1"))) {
            assertEquals(2, steps.count());
        }
    }

    /** Storage as slow as somebody wants: what writes a checkpoint looks at this clock in the middle of it. */
    private static final class Gate extends Clock {
        private final CountDownLatch open = new CountDownLatch(1);
        private final AtomicInteger looks = new AtomicInteger();

        @Override
        public Instant instant() {
            looks.incrementAndGet();
            try {
                assertTrue(open.await(1, TimeUnit.MINUTES));
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            return Instant.EPOCH;
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }
    }

    @Test
    void trainingGoesOnWhileACheckpointIsWrittenAndWhatIsKeptIsTheStateOfItsStep() throws Exception {
        var undisturbed = attempts.run(2, THREE_EPOCHS, "undisturbed", 0);
        attempts.run(2, THREE_EPOCHS, "stopped", 4);
        var gate = new Gate();
        attempts.clock = gate;
        attempts.settles = false;
        attempts.during = (position, rank) -> {
            if (rank.ring().rank() != 0) {
                return;
            }
            long step = position.step();
            if (step == 5) {
                assertEquals(State.NEW, rank.board().requests().ask("now"));
                rank.ring().wish(Wish.CHECKPOINT);
            } else if (step == 9) {
                assertNull(rank.board().progress().lastCheckpoint(), "that of step 4 isn't whole");
                gate.open.countDown();
                assertTrue(rank.checkpointing().settled());
                assertEquals(4, rank.board().progress().lastCheckpoint().step());
                assertEquals(State.OPEN, rank.board().requests().ask("now"), "that one was begun before");
                assertArrayEquals(model("stopped"), model("uid-1"));
            } else if (step > 9) {
                assertTrue(rank.checkpointing().settled());
            }
            if (step == 11) {
                assertEquals(State.DONE, rank.board().requests().ask("now"));
            }
        };
        var ends = attempts.run(2, THREE_EPOCHS, "uid-1", 0, 4);
        assertArrayEquals(
                undisturbed.getFirst().result().archive(),
                ends.getFirst().result().archive());
        // What was due after steps 6 and 8 is made after step 11, all else when it is due.
        assertEquals(List.of(4, 11, 12, 16, 20, 24, 28).size(), gate.looks.get());
        var keeping = ends.getFirst().result().progress().keeping();
        assertEquals(1, keeping.late(), keeping::toString);
        assertTrue(keeping.stallMillis() > 0 && keeping.writeMillis() > 0 && keeping.bytes() > 0, keeping::toString);
    }

    /** A process that ends takes the thread with it that writes. */
    @Test
    void whatIsBeingWrittenWhenTheTrainingEndsIsWaitedFor() throws Exception {
        attempts.settles = false;
        attempts.run(2, THREE_EPOCHS, "uid-1", 0, 30);
        assertTrue(Files.exists(folder.resolve("out/checkpoints/uid-1/step-000000000030/manifest.json")));
    }

    private byte[] model(String job) {
        try {
            return Files.readAllBytes(folder.resolve("out/checkpoints/" + job + "/step-000000000004/model.zip"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void aWriteThatHangsIsToldOfAndEndsNoTraining() throws Exception {
        var undisturbed = attempts.run(2, THREE_EPOCHS, "undisturbed", 0);
        var gate = new Gate();
        attempts.clock = gate;
        attempts.settles = false;
        attempts.limits = Attempts.limits(Duration.ZERO, Duration.ofSeconds(1));
        var all = new ConcurrentLinkedQueue<Checkpointing>();
        attempts.during = (position, rank) -> {
            all.add(rank.checkpointing());
            while (rank.ring().rank() == 0
                    && position.step() == 5
                    && rank.board().progress().checkpointProblem() == null) {
                rank.checkpointing().look();
                Thread.onSpinWait();
            }
        };
        var finished = attempts.run(2, THREE_EPOCHS, "uid-1", 0, 4).getFirst().result();
        assertArrayEquals(undisturbed.getFirst().result().archive(), finished.archive());
        var hangs = "checkpoint.storage pvc://models/out/checkpoints (" + folder
                + "/out/checkpoints in the pod) hasn't answered for 1 s: a read or write of it hangs, as on an NFS"
                + " volume whose server is away";
        assertEquals(
                "step 4 of epoch 1 is not kept yet, and nothing newer: " + hangs,
                finished.progress().checkpointProblem());
        assertEquals(1, gate.looks.get(), "no other write was begun");
        var stopped = attempts.run(2, THREE_EPOCHS, "uid-2", 6, 4).getFirst().failure();
        assertEquals(Reason.StateNotKept, stopped.reason());
        assertEquals(
                "asked to stop, and did so after step 6 of epoch 1; its state is lost: " + hangs, stopped.getMessage());
        gate.open.countDown();
        // What hung goes on once it can.
        assertTimeoutPreemptively(Duration.ofMinutes(1), () -> {
            for (var each : all) {
                while (!each.settled()) {
                    Thread.sleep(1);
                }
            }
        });
    }

    /** Who takes more memory than the container has is killed. */
    @Test
    void withoutMemoryForACopyTheTrainingWaits() throws Exception {
        attempts.settles = false;
        attempts.limits = new Checkpointing.Limits(
                () -> Duration.ZERO, Duration.ofMinutes(10), () -> OptionalLong.of((32L << 20) + 100));
        attempts.during = (position, rank) -> {
            if (position.step() % 4 == 0 && rank.ring().rank() == 0) {
                assertEquals(
                        position.step(),
                        rank.board().progress().lastCheckpoint().step());
            }
        };
        var ends = attempts.run(2, THREE_EPOCHS, "uid-1", 0, 4);
        assertEquals(28, ends.getFirst().result().progress().lastCheckpoint().step());
    }
}
