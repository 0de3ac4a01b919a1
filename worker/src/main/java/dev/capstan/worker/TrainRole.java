package dev.capstan.worker;

import dev.capstan.protocol.Contract;
import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Outcome;
import dev.capstan.protocol.Outcome.Artifact;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.protocol.Progress;
import dev.capstan.protocol.Progress.Stage;
import dev.capstan.worker.artifact.FileDigest;
import dev.capstan.worker.artifact.OutputFolder;
import dev.capstan.worker.artifact.Publisher;
import dev.capstan.worker.artifact.Recipe;
import dev.capstan.worker.checkpoint.Checkpoint;
import dev.capstan.worker.checkpoint.CheckpointFolder;
import dev.capstan.worker.http.WorkerServer;
import dev.capstan.worker.job.JobReader;
import dev.capstan.worker.outcome.Failure;
import dev.capstan.worker.ring.Membership;
import dev.capstan.worker.ring.Peer;
import dev.capstan.worker.ring.Ring;
import dev.capstan.worker.ring.Wish;
import dev.capstan.worker.train.Agreement;
import dev.capstan.worker.train.Checkpointing;
import dev.capstan.worker.train.Evaluation;
import dev.capstan.worker.train.Position;
import dev.capstan.worker.train.ProgressBoard;
import dev.capstan.worker.train.Schedule;
import dev.capstan.worker.train.Trainer;
import dev.capstan.worker.train.Watch;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Clock;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Trains a job's model, as one of its ranks: meets, reads, trains, measures, saves. */
final class TrainRole {
    private static final Logger LOG = LoggerFactory.getLogger(TrainRole.class);
    /**
     * While some read, measure or save, others wait; a dead host is noticed by the connection, not by this time. Peers
     * meet first, and then read: a rank that isn't there and one that has more to read are told apart.
     */
    private static final Duration STORAGE = Duration.ofHours(6);

    /** How long storage may not answer while the model is saved, and how often it is tried. */
    private static final Duration OUTAGE = Duration.ofMinutes(10);

    private static final Duration AGAIN = Duration.ofSeconds(5);

    /** How long a checkpoint that rank 0 sees may take to be seen by the others, on a volume with caches. */
    private static final Duration SEEN = Duration.ofSeconds(30);

    private final Map<String, String> environment;
    private final Settings settings;
    private final JobFile job;
    private final byte[] token;
    private final ProgressBoard board;
    /** Null until the peers are met. */
    private volatile Ring ring;

    /** Set once all ranks have the same job, data and model: from then on there is a state. */
    private volatile boolean agreed;

    private volatile boolean training;

    private volatile boolean stopping;

    /** @throws Failure if environment, job file or token are wrong */
    TrainRole(Map<String, String> environment) {
        this.environment = environment;
        settings = Settings.of(environment);
        job = JobReader.read(settings.jobFile());
        if (settings.rank() >= job.peers().size()) {
            throw new Failure(
                    Reason.WorkerError,
                    Contract.RANK + " is " + settings.rank() + ", but the job has "
                            + job.peers().size() + " peers");
        }
        token = token();
        board = new ProgressBoard(job.job().attempt(), System::nanoTime);
    }

    /** How long the worker may take to end. */
    Duration grace() {
        return settings.grace();
    }

    /**
     * Asks all ranks to keep the state and end after the step under way. Any thread may call it.
     *
     * @return whether that is worth waiting for; before the ranks have agreed, there is no state
     */
    boolean askToStop() {
        boolean state = agreed;
        stopping = true;
        if (state) {
            ring.wish(Wish.STOP);
        }
        return state;
    }

    /** The newest whole checkpoint that this rank knows of; null if there is none. */
    Progress.Checkpoint lastCheckpoint() {
        return board.progress().lastCheckpoint();
    }

    /** What a rank that was asked to stop has waited for in vain. */
    String notDone() {
        if (board.progress().stage().compareTo(Stage.TRAINING) <= 0) {
            return "the state could not be kept";
        }
        return settings.rank() == 0 ? "the trained model could not be saved" : "rank 0 had not saved the trained model";
    }

    private boolean askForCheckpoint() {
        var all = ring;
        if (all == null || !training) {
            return false;
        }
        all.wish(Wish.CHECKPOINT);
        return true;
    }

    /**
     * Does all of it.
     *
     * @return how it ended, if well
     * @throws Failure if not
     */
    Outcome run() {
        try (var server = WorkerServer.start(
                settings.httpPort(), token, board::progress, () -> ring != null, this::askForCheckpoint)) {
            LOG.info(
                    "rank {} of {}, attempt {} of job {}/{}, HTTP on port {}",
                    settings.rank(),
                    job.peers().size(),
                    job.job().attempt(),
                    job.job().namespace(),
                    job.job().name(),
                    server.port());
            return settings.rank() == 0 ? lead() : follow();
        }
    }

    /** Rank 0 alone looks at what is there already, and writes. */
    private Outcome lead() {
        // First of all: hours of training are lost if their result can't be written.
        var output = OutputFolder.open(job);
        var checkpoints = new CheckpointFolder(job, Clock.systemUTC());
        if (output.finished().isPresent()) {
            // An earlier attempt's, of whose end the operator didn't hear. Peers aren't waited for:
            // they may have long to load, only to be told that they aren't needed. The operator ends them.
            return succeeded(
                    "the artifact is there already, and whole",
                    output.finished().get());
        }
        checkpoints.prepare();
        return together(all -> {
            var loaded = loaded(true);
            var made = output.reusable(loaded.inputs());
            if (made.isPresent()) {
                agree(all, agreement(loaded).done());
                checkpoints.tidy();
                return succeeded("another job has made the same model", made.get());
            }
            var identity = identity(loaded);
            var newest = checkpoints.newest(identity.recipe(), identity.data());
            var mine = agreement(loaded);
            agree(all, newest.map(Checkpoint::shown).map(mine::resuming).orElse(mine));
            var trained = train(all, loaded, checkpoints, identity, newest);
            var outcome = save(all, loaded, output, trained);
            checkpoints.tidy();
            return outcome;
        });
    }

    private Outcome follow() {
        return together(all -> {
            var loaded = loaded(false);
            var first = agree(all, agreement(loaded));
            if (first.finished()) {
                return succeeded("rank 0 has found the model", null);
            }
            var checkpoints = new CheckpointFolder(job, Clock.systemUTC());
            var newest = first.resumed() < 0
                    ? Optional.<Checkpoint>empty()
                    : Optional.of(checkpoints.at(first.resumed(), first.checkpointDigest(), SEEN));
            train(all, loaded, checkpoints, identity(loaded), newest);
            // Nobody leaves before the artifact is complete: until then, what every rank holds may still be needed.
            board.stage(Stage.SAVING);
            all.allGather(new byte[1], STORAGE);
            return succeeded("rank 0 has saved the model", null);
        });
    }

    private interface Part {
        Outcome with(Ring all);
    }

    /** Meets the peers and does something with them; whoever fails tells the others why. */
    private Outcome together(Part part) {
        board.stage(Stage.MEETING);
        var membership =
                new Membership(job.job().uid(), job.job().attempt(), settings.rank(), Peer.list(job.peers()), token);
        try (var all = Ring.join(membership, settings.patience())) {
            ring = all;
            try {
                return part.with(all);
            } catch (Throwable e) {
                all.abort(Failure.of(e));
                throw e;
            }
        }
    }

    private Loading loaded(boolean withTest) {
        board.stage(Stage.LOADING);
        return Loading.of(job, environment, withTest);
    }

    /** What rank 0 has, once all have read their data and have the same. */
    private Agreement agree(Ring all, Agreement mine) {
        var first = mine.agree(all, STORAGE);
        agreed = true;
        return first;
    }

    private Agreement agreement(Loading loaded) {
        return Agreement.ready(Versions.worker(), job, loaded.samples(), loaded.data(), loaded.network());
    }

    private Checkpointing.Identity identity(Loading loaded) {
        return new Checkpointing.Identity(
                Recipe.of(job).description(), FileDigest.text(loaded.data()), loaded.preprocessing());
    }

    /** What was measured on the validation split, and who keeps what the training left if need be. */
    private record Trained(Map<String, Double> metrics, Checkpointing checkpointing) {}

    private Trained train(
            Ring all,
            Loading loaded,
            CheckpointFolder checkpoints,
            Checkpointing.Identity identity,
            Optional<Checkpoint> newest) {
        var watch = new Watch(job.training().earlyStopping());
        var checkpointing =
                new Checkpointing(job, checkpoints, loaded.network(), watch, identity, all, board, System::nanoTime);
        var start = newest.map(checkpointing::resume).orElse(Position.START);
        training = true;
        try {
            var trainer =
                    new Trainer(loaded.network(), loaded.split(), job.training(), all, board, watch, checkpointing);
            return new Trained(trainer.train(start), checkpointing);
        } catch (Failure e) {
            if (e.reason() == Reason.PeerLost) {
                all.abort(e);
                checkpointing.salvage();
            }
            throw e;
        } finally {
            training = false;
        }
    }

    private Outcome save(Ring all, Loading loaded, OutputFolder output, Trained trained) {
        board.stage(Stage.EVALUATING);
        var metrics = new TreeMap<>(trained.metrics());
        if (loaded.test() != null) {
            int share = Schedule.of(
                            loaded.split().training().size(),
                            job.training(),
                            loaded.network().fewestSamples())
                    .largestShare(all.size());
            metrics.putAll(Evaluation.measure(loaded.network(), loaded.test(), share, () -> {
                if (stopping) {
                    throw trained.checkpointing().stop();
                }
            }));
        }
        board.stage(Stage.SAVING);
        var artifact = publish(loaded, output, metrics, trained.checkpointing());
        try {
            all.allGather(new byte[1], STORAGE);
        } catch (Failure e) {
            LOG.warn("the artifact is complete, but not every rank has heard of it: {}", e.getMessage());
        }
        return succeeded(
                "trained " + metrics.get("epochs").intValue() + " epochs in "
                        + loaded.network().step() + " steps"
                        + metrics.entrySet().stream()
                                .filter(each ->
                                        !each.getKey().toLowerCase(Locale.ROOT).endsWith("epoch")
                                                && !each.getKey().equals("epochs"))
                                .map(each -> String.format(Locale.ROOT, ", %s %.4f", each.getKey(), each.getValue()))
                                .reduce("", String::concat),
                artifact);
    }

    /** Storage that doesn't answer is given some time: the whole training is in memory, and maybe nowhere else. */
    private Artifact publish(
            Loading loaded, OutputFolder output, Map<String, Double> metrics, Checkpointing checkpointing) {
        var publisher = new Publisher(job, output, Versions.all(), Clock.systemUTC());
        var deadline = System.nanoTime() + OUTAGE.toNanos();
        while (true) {
            try {
                return publisher.publish(loaded.network(), loaded.preprocessing(), metrics, loaded.inputs());
            } catch (Failure e) {
                if (e.reason() != Reason.StorageUnavailable) {
                    throw e;
                }
                if (stopping || System.nanoTime() > deadline) {
                    checkpointing.keepTheEnd();
                    throw e;
                }
                LOG.warn("{}; it is tried again in {} s", e.getMessage(), AGAIN.toSeconds());
                pause(AGAIN);
            }
        }
    }

    /** Waits, or until it is asked to stop. */
    private void pause(Duration duration) {
        long end = System.nanoTime() + duration.toNanos();
        try {
            while (!stopping && System.nanoTime() < end) {
                Thread.sleep(100);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Failure(Reason.WorkerError, "interrupted while waiting for storage", e);
        }
    }

    private Outcome succeeded(String message, Artifact artifact) {
        board.stage(Stage.DONE);
        return new Outcome(Reason.Succeeded, message, artifact, lastCheckpoint());
    }

    private byte[] token() {
        try {
            var text = Files.readString(settings.tokenFile()).strip();
            if (text.isEmpty()) {
                throw new Failure(Reason.WorkerError, "token file " + settings.tokenFile() + " is empty");
            }
            return text.getBytes(StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new Failure(Reason.WorkerError, "token file " + settings.tokenFile() + " can't be read: " + e, e);
        }
    }
}
