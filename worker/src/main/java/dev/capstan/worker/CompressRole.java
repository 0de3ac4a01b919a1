package dev.capstan.worker;

import dev.capstan.protocol.Compression;
import dev.capstan.protocol.CompressionStep.Prune;
import dev.capstan.protocol.CompressionStep.Quantize;
import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Outcome;
import dev.capstan.protocol.Outcome.Artifact;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.protocol.Progress;
import dev.capstan.protocol.Progress.Stage;
import dev.capstan.protocol.Training;
import dev.capstan.protocol.Work;
import dev.capstan.worker.artifact.CompressedPublisher;
import dev.capstan.worker.artifact.FileDigest;
import dev.capstan.worker.artifact.OutputFolder;
import dev.capstan.worker.artifact.Recipe;
import dev.capstan.worker.checkpoint.Checkpoint;
import dev.capstan.worker.checkpoint.CheckpointFolder;
import dev.capstan.worker.compress.Given;
import dev.capstan.worker.compress.Loaded;
import dev.capstan.worker.compress.Preflight;
import dev.capstan.worker.compress.Verdict;
import dev.capstan.worker.model.Native;
import dev.capstan.worker.outcome.Failure;
import dev.capstan.worker.ring.Ring;
import dev.capstan.worker.train.Agreement;
import dev.capstan.worker.train.ProgressBoard;
import dev.capstan.worker.train.TrainingState;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes a job's model smaller, as one of its ranks. All prune and fine-tune together; rank 0 alone measures, quantizes,
 * judges and writes, while the others wait for it.
 */
final class CompressRole implements Role {
    private static final Logger LOG = LoggerFactory.getLogger(CompressRole.class);

    /** While rank 0 measures or writes, others wait; a dead host is noticed by the connection, not by this time. */
    static final Duration STORAGE = Duration.ofHours(6);

    /** How long storage may not answer while the model is saved, and how often it is tried. */
    private static final Duration OUTAGE = Duration.ofMinutes(10);

    private static final Duration AGAIN = Duration.ofSeconds(5);

    /** How long a checkpoint that rank 0 sees may take to be seen by the others, on a volume with caches. */
    private static final Duration SEEN = Duration.ofSeconds(30);

    /** The rank that measures and writes. */
    static final int LEADER = 0;

    private final GangSession session;
    private final Work.Compress work;
    private final Map<String, String> environment;
    private final JobFile job;
    private final ProgressBoard board;

    CompressRole(GangSession session, Work.Compress work, Map<String, String> environment) {
        this.session = session;
        this.work = work;
        this.environment = environment;
        job = session.job();
        board = session.board();
        board.device(Progress.CPU);
    }

    @Override
    public Outcome play() {
        return session.rank() == LEADER ? lead() : follow();
    }

    @Override
    public String notDone() {
        return board.progress().stage() == Stage.TRAINING
                ? "the state could not be kept"
                : "the part of the work that was under way wasn't finished";
    }

    @Override
    public String lessMemory() {
        boolean tunes = work.steps().stream().anyMatch(step -> step instanceof Prune prune && prune.fineTune() != null);
        boolean quantizes = work.steps().stream().anyMatch(Quantize.class::isInstance);
        return Stream.of(
                        tunes ? "make fineTune.batchSize smaller" : "",
                        quantizes ? "calibrate with fewer samples (quantize.calibration.samples)" : "")
                .filter(advice -> !advice.isEmpty())
                .collect(Collectors.joining(", or "));
    }

    private Outcome lead() {
        // First of all: all work is lost if its result can't be written.
        var output = session.storage(outputStorage(), () -> OutputFolder.open(job, scratch()));
        var checkpoints = new CheckpointFolder(job, scratch(), Clock.systemUTC());
        if (output.finished().isPresent()) {
            // An earlier attempt's, of whose end the operator didn't hear. The operator ends the peers.
            return made(
                    "the artifact is there already, and whole",
                    output.finished().get(),
                    output);
        }
        session.storage(checkpointStorage(), () -> {
            checkpoints.prepare();
            return null;
        });
        return session.gang().together(all -> {
            var loaded = loaded(true);
            var made = session.storage(outputStorage(), () -> output.reusable(loaded.inputs()));
            if (made.isPresent()) {
                agree(all, agreement(loaded).done());
                checkpoints.tidy();
                return made("another job has made the same model", made.get(), output);
            }
            var origin = origin(loaded);
            var newest = session.storage(checkpointStorage(), () -> checkpoints.newest(origin.recipe(), origin.data()));
            session.board().broken(checkpoints.passedOver());
            var mine = agreement(loaded);
            agree(all, newest.map(Checkpoint::shown).map(mine::resuming).orElse(mine));
            var compressing = new Compressing(session, work, all, loaded, checkpoints, origin, scratch());
            var result = compressing.run(newest);
            var outcome = end(all, loaded, output, result);
            checkpoints.tidy();
            return outcome;
        });
    }

    private Outcome follow() {
        return session.gang().together(all -> {
            var loaded = loaded(false);
            var first = agree(all, agreement(loaded));
            if (first.finished()) {
                return session.succeeded("rank 0 has found the model", null);
            }
            var checkpoints = new CheckpointFolder(job, scratch(), Clock.systemUTC());
            var newest = first.resumed() < 0
                    ? Optional.<Checkpoint>empty()
                    : Optional.of(session.storage(
                            checkpointStorage(),
                            () -> checkpoints.at(first.resumed(), first.checkpointDigest(), SEEN)));
            new Compressing(session, work, all, loaded, checkpoints, origin(loaded), scratch()).run(newest);
            board.stage(Stage.SAVING);
            all.allGather(new byte[1], STORAGE);
            return session.succeeded("rank 0 has judged the model", null);
        });
    }

    private String outputStorage() {
        return "output " + job.output().uri();
    }

    private String checkpointStorage() {
        return "checkpoint.storage " + job.checkpoints().uri();
    }

    private Path scratch() {
        return Settings.scratch(environment);
    }

    private Loaded loaded(boolean withTest) {
        board.stage(Stage.LOADING);
        var data = work.data();
        var what = "model.from " + work.from().place().uri()
                + (data.train() == null
                        ? ""
                        : " or data.train " + data.train().place().uri())
                + (withTest && data.test() != null
                        ? " or data.test " + data.test().place().uri()
                        : "");
        return session.storage(what, () -> load(job, work, environment, withTest));
    }

    /**
     * Reads what a compression needs, and finds out what can be known before it begins.
     *
     * @throws Failure what it would fail with
     */
    static Loaded load(JobFile job, Work.Compress work, Map<String, String> environment, boolean withTest) {
        Native.load(environment);
        var scratch = Settings.scratch(environment);
        var loaded = Loaded.of(work, scratch, withTest);
        Preflight.check(work, loaded, job.peers().size(), Versions.worker(), scratch);
        LOG.info("{}", loaded.summary());
        return loaded;
    }

    /** What rank 0 has, once all have read their data and have the same. */
    private Agreement agree(Ring all, Agreement mine) {
        var first = mine.agree(all, STORAGE);
        session.hasState();
        return first;
    }

    private Agreement agreement(Loaded loaded) {
        return switch (loaded.given()) {
            case Given.Trained(var network, var quantized) ->
                Agreement.ready(Versions.worker(), job, loaded.samples(), loaded.data(), network);
            case Given.Foreign foreign ->
                Agreement.ready(
                        Versions.worker(),
                        job,
                        loaded.samples(),
                        loaded.data(),
                        loaded.inputs().from());
        };
    }

    private TrainingState.Origin origin(Loaded loaded) {
        return new TrainingState.Origin(
                Recipe.of(job).description(), FileDigest.text(loaded.data()), loaded.preprocessing());
    }

    private Outcome made(String message, Artifact artifact, OutputFolder output) {
        return ended(message, artifact, output.compression().orElse(null));
    }

    private Outcome ended(String message, Artifact artifact, Compression compression) {
        board.stage(Stage.DONE);
        return new Outcome(Reason.Succeeded, message, artifact, session.lastCheckpoint(), compression);
    }

    /** Nobody leaves before the artifact is complete, or is known not to come. */
    private Outcome end(Ring all, Loaded loaded, OutputFolder output, Compressed result) {
        board.stage(Stage.SAVING);
        var found = result.found();
        var accepted = found.accepted();
        var artifact = accepted ? session.storage(outputStorage(), () -> publish(loaded, output, result)) : null;
        try {
            all.allGather(new byte[1], STORAGE);
        } catch (Failure e) {
            LOG.warn("the work is complete, but not every rank has heard of it: {}", e.getMessage());
        }
        var summary = Verdict.summary(found.baseline(), found.compressed());
        return ended(
                accepted
                        ? "accepted: " + summary
                        : "not accepted, and nothing is published: "
                                + Verdict.missed(found.bounds(), found.baseline(), found.compressed()) + " ("
                                + summary + ")",
                artifact,
                found);
    }

    /** Storage that doesn't answer is given some time; the state is kept meanwhile. */
    private Artifact publish(Loaded loaded, OutputFolder output, Compressed result) {
        var publisher = new CompressedPublisher(
                job, work, output, Versions.all(Training.Engine.DEEPLEARNING4J), Clock.systemUTC());
        var compressed = result.published(loaded);
        var deadline = System.nanoTime() + OUTAGE.toNanos();
        while (true) {
            try {
                return publisher.publish(compressed, loaded.inputs());
            } catch (Failure e) {
                if (e.reason() != Reason.StorageUnavailable || session.stopping() || System.nanoTime() > deadline) {
                    throw e;
                }
                LOG.warn("{}; it is tried again in {} s", e.getMessage(), AGAIN.toSeconds());
                board.problem("the result is held in memory, and saved as soon as that is possible: " + e.getMessage());
                session.pause(AGAIN);
            }
        }
    }
}
