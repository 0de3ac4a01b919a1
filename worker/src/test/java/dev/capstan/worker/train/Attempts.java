package dev.capstan.worker.train;

import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Layer;
import dev.capstan.protocol.Optimizer;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.protocol.Progress;
import dev.capstan.protocol.Training;
import dev.capstan.protocol.Training.EarlyStopping;
import dev.capstan.protocol.Work;
import dev.capstan.worker.Fixtures;
import dev.capstan.worker.Gang;
import dev.capstan.worker.artifact.ModelArchive;
import dev.capstan.worker.artifact.Recipe;
import dev.capstan.worker.checkpoint.Checkpoint;
import dev.capstan.worker.checkpoint.CheckpointFolder;
import dev.capstan.worker.data.Samples;
import dev.capstan.worker.model.Network;
import dev.capstan.worker.model.Networks;
import dev.capstan.worker.outcome.Failure;
import dev.capstan.worker.ring.Patience;
import dev.capstan.worker.ring.Ring;
import dev.capstan.worker.ring.Wish;
import dev.capstan.worker.step.Position;
import dev.capstan.worker.torch.Engines;
import java.io.ByteArrayOutputStream;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.LongSupplier;

/** Attempts at one training in a folder, by gangs of threads. */
final class Attempts {
    /** Rank 0 is stopped after that. */
    static final int AFTER_THE_LAST_STEP = -1;

    /** 10 steps an epoch; with a validation split of a fifth, 8. */
    static final Samples SAMPLES = Fixtures.images(301, 5);

    static final Optimizer FAST = new Optimizer.Adam(0.02, 0.9, 0.999, 1e-8);
    static final String DATA = "sha256:data";

    private final Path folder;

    List<Layer> layers = Fixtures.layers();
    int leader;
    /** Looked at in the middle of each checkpoint's writing. */
    Clock clock = Clock.systemUTC();

    Checkpointing.Limits limits = limits(Duration.ZERO, Duration.ofMinutes(10));
    /** Whether each checkpoint is whole before the next step. */
    boolean settles = true;

    During during = (position, rank) -> {};

    /** What is done after each step, on each rank. */
    interface During {
        void reached(Position position, Rank rank);
    }

    record Rank(Ring ring, Checkpointing checkpointing, ProgressBoard board) {}

    /** @param folder with all that is written */
    Attempts(Path folder) {
        this.folder = folder;
    }

    /** @param stop how long a state that is refused may be tried to be kept, of a training that is to stop */
    static Checkpointing.Limits limits(Duration stop, Duration silence) {
        return new Checkpointing.Limits(() -> stop, silence, OptionalLong::empty);
    }

    record Trained(byte[] archive, float[] parameters, Map<String, Double> metrics, Progress progress) {}

    /** An attempt at a job; all ranks end after the given step, or at the training's end for 0. */
    List<Gang.End<Trained>> run(int workers, Training training, String uid, int stop) throws Exception {
        return run(workers, training, uid, stop, 0);
    }

    List<Gang.End<Trained>> run(int workers, Training training, String uid, int stop, int everySteps) throws Exception {
        var job = job(workers, training, uid, checkpoints(everySteps));
        var newest = newest(job);
        return Gang.ends(
                workers,
                Patience.DEFAULT,
                ring -> trained(job, ring, SAMPLES, newest, stop, System::nanoTime, Edge.NONE));
    }

    JobFile.Checkpoints checkpoints(int everySteps) {
        var path = folder.resolve("out/checkpoints").toString();
        return new JobFile.Checkpoints(path, "pvc://models/out/checkpoints", everySteps, 0, 2);
    }

    static Optional<Checkpoint> newest(JobFile job) {
        return new CheckpointFolder(job, Fixtures.NO_SCRATCH, Clock.systemUTC())
                .newest(Recipe.of(job).description(), DATA);
    }

    JobFile job(int workers, Training training, String uid, JobFile.Checkpoints checkpoints) throws Exception {
        var base = Fixtures.job(folder, uid, 1, workers, 1);
        return new JobFile(
                base.version(),
                base.job(),
                new Work.Train(
                        new JobFile.Model(layers, null, null, null),
                        base.train().data(),
                        training),
                checkpoints,
                base.peers(),
                base.output(),
                base.timeouts());
    }

    Trained trained(
            JobFile job,
            Ring ring,
            Samples samples,
            Optional<Checkpoint> newest,
            int stop,
            LongSupplier nanoTime,
            Edge after)
            throws Exception {
        var training = job.train().training();
        var network = Networks.create(job.train().model(), training, Fixtures.PREPROCESSING, null);
        var watch = new Watch(training.earlyStopping());
        var board = new ProgressBoard(1, System::nanoTime);
        var engine = Engines.ready(
                network,
                Engines.decide(
                        network,
                        training,
                        samples.size(),
                        samples.inputs(),
                        newest.map(found ->
                                new Engines.Decision(found.description().engine(), "the training began with it")),
                        new Engines.Given(1L << 30, 1, 1)));
        var identity = new TrainingState.Origin(Recipe.of(job).description(), DATA, Fixtures.PREPROCESSING)
                .by(engine.name(), engine.threads());
        var folder = new CheckpointFolder(job, Fixtures.NO_SCRATCH, clock);
        var state = new TrainingState(job.job(), ring.size(), identity, network, watch);
        var checkpointing = new Checkpointing(job.checkpoints(), folder, state, ring, leader, board, nanoTime, limits);
        var rank = new Rank(ring, checkpointing, board);
        var start = newest.map(checkpointing::resume).orElse(Position.START);
        if (stop == start.step() + 1) {
            stopLast(ring);
        }
        var split = Split.of(samples, training.validationSplit(), training.seed());
        var trainer = new Trainer(engine, split, training, ring, board, watch, position -> {
            // What is wished here goes with the next step.
            if (position.step() == stop - 1) {
                stopLast(ring);
            }
            checkpointing.reached(position);
            if (settles) {
                checkpointing.settled();
            }
            after.reached(position);
            during.reached(position, rank);
        });
        Map<String, Double> metrics;
        try {
            metrics = trainer.train(start);
            if (stop == AFTER_THE_LAST_STEP && ring.rank() == 0) {
                throw checkpointing.stop();
            }
            checkpointing.settled();
        } catch (Failure e) {
            if (e.reason() == Reason.PeerLost) {
                checkpointing.salvage(e);
            }
            throw e;
        }
        return new Trained(archive(network), network.parameters().data().asFloat(), metrics, board.progress());
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

    static int steps(Training training) {
        return training.validationSplit() > 0 ? 8 : 10;
    }

    static Training training(Optimizer optimizer, double validationSplit, EarlyStopping stopping) {
        return with(Fixtures.training(3, 32, optimizer, 7), validationSplit, stopping);
    }

    static Training training(Optimizer optimizer, Training.Schedule schedule) {
        var t = training(optimizer, 0, null);
        return new Training(t.epochs(), t.batchSize(), optimizer, schedule, 0.001, 0.01, null, 0, null, null, t.seed());
    }

    static Training by(Training.Engine engine, Training t) {
        return new Training(
                        t.epochs(),
                        t.batchSize(),
                        t.optimizer(),
                        t.schedule(),
                        0,
                        t.l2(),
                        t.clipping(),
                        t.validationSplit(),
                        t.earlyStopping(),
                        t.classWeights(),
                        t.seed())
                .by(engine);
    }

    static Training with(Training t, double validationSplit, EarlyStopping stopping) {
        return new Training(
                t.epochs(),
                t.batchSize(),
                t.optimizer(),
                t.schedule(),
                t.l1(),
                t.l2(),
                t.clipping(),
                validationSplit,
                stopping,
                t.classWeights(),
                t.seed());
    }
}
