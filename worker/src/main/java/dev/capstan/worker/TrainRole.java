package dev.capstan.worker;

import dev.capstan.protocol.Contract;
import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Outcome;
import dev.capstan.protocol.Outcome.Artifact;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.protocol.Progress.Stage;
import dev.capstan.worker.artifact.OutputFolder;
import dev.capstan.worker.artifact.Publisher;
import dev.capstan.worker.data.DataDigest;
import dev.capstan.worker.data.DatasetReader;
import dev.capstan.worker.data.Samples;
import dev.capstan.worker.http.WorkerServer;
import dev.capstan.worker.job.JobReader;
import dev.capstan.worker.model.Native;
import dev.capstan.worker.model.Network;
import dev.capstan.worker.model.Networks;
import dev.capstan.worker.outcome.Failure;
import dev.capstan.worker.ring.Membership;
import dev.capstan.worker.ring.Peer;
import dev.capstan.worker.ring.Ring;
import dev.capstan.worker.train.Agreement;
import dev.capstan.worker.train.Evaluation;
import dev.capstan.worker.train.ProgressBoard;
import dev.capstan.worker.train.Trainer;
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

/** Trains a job's model, as one of its ranks: reads, meets, trains, measures, saves. */
final class TrainRole {
    private static final Logger LOG = LoggerFactory.getLogger(TrainRole.class);
    /** While rank 0 measures and saves, the others wait; a dead host is noticed by the connection, not by this time. */
    private static final Duration SAVING = Duration.ofHours(6);

    private final Map<String, String> environment;
    private final Settings settings;
    private final JobFile job;
    private final byte[] token;
    private final ProgressBoard board;
    private volatile boolean met;

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

    /**
     * Does all of it.
     *
     * @return how it ended, if well
     * @throws Failure if not
     */
    Outcome run() {
        try (var server = WorkerServer.start(settings.httpPort(), token, board::progress, () -> met)) {
            LOG.info(
                    "rank {} of {}, attempt {} of job {}/{}, HTTP on port {}",
                    settings.rank(),
                    job.peers().size(),
                    job.job().attempt(),
                    job.job().namespace(),
                    job.job().name(),
                    server.port());
            // First of all: hours of training are lost if their result can't be written.
            var output = settings.rank() == 0 ? Optional.of(OutputFolder.open(job)) : Optional.<OutputFolder>empty();
            var finished = output.flatMap(OutputFolder::finished);
            var work = finished.isPresent() ? null : load();
            try (var ring = meet()) {
                try {
                    return finished.isPresent() ? repeat(ring, finished.get()) : train(ring, work, output);
                } catch (Throwable e) {
                    ring.abort(Failure.of(e));
                    throw e;
                }
            }
        }
    }

    /**
     * All that is read before the peers are met.
     *
     * @param test null if the job has no test data, or on another rank than 0
     */
    private record Work(Samples train, Samples test, Network network) {}

    private Work load() {
        int classes = Networks.classes(job.model());
        var train = DatasetReader.read("data.train", job.data().train(), classes);
        Samples test = null;
        if (job.data().test() != null && settings.rank() == 0) {
            test = DatasetReader.read("data.test", job.data().test(), classes);
            if (test.inputs() != train.inputs()) {
                throw new Failure(
                        Reason.InvalidData,
                        "data.test has " + test.inputs() + " numbers in a sample, data.train has " + train.inputs()
                                + "; they must be the same");
            }
        }
        int threads = Native.load(environment);
        var network = Networks.create(job.model().layers(), job.training(), train.inputs());
        LOG.info(
                "{} training samples of {} numbers, {} test samples, {} parameters, {} native threads",
                train.size(),
                train.inputs(),
                test == null ? 0 : test.size(),
                network.parameters().length(),
                threads);
        return new Work(train, test, network);
    }

    private Ring meet() {
        board.stage(Stage.MEETING);
        return Ring.join(
                new Membership(job.job().uid(), job.job().attempt(), settings.rank(), Peer.list(job.peers()), token),
                settings.patience());
    }

    private Outcome train(Ring ring, Work work, Optional<OutputFolder> output) {
        var mine = Agreement.ready(Versions.worker(), job, work.train(), work.network());
        if (mine.agree(ring, settings.patience().meeting())) {
            return succeeded("rank 0 found the artifact of an earlier attempt", null);
        }
        met = true;
        new Trainer(work.network(), work.train(), job.training(), ring, board).train();
        return output.isPresent() ? save(ring, work, output.get()) : awaitSaving(ring);
    }

    private Outcome save(Ring ring, Work work, OutputFolder output) {
        board.stage(Stage.EVALUATING);
        var metrics =
                work.test() == null ? new TreeMap<String, Double>() : Evaluation.measure(work.network(), work.test());
        board.stage(Stage.SAVING);
        var artifact = new Publisher(job, output, Versions.all(), Clock.systemUTC())
                .publish(work.network(), metrics, DataDigest.of(work.train()));
        try {
            ring.allGather(new byte[1], SAVING);
        } catch (Failure e) {
            LOG.warn("the artifact is complete, but not every rank has heard of it: {}", e.getMessage());
        }
        return succeeded(
                "trained " + job.training().epochs() + " epochs in "
                        + work.network().step() + " steps"
                        + metrics.entrySet().stream()
                                .map(each -> String.format(Locale.ROOT, ", %s %.4f", each.getKey(), each.getValue()))
                                .reduce("", String::concat),
                artifact);
    }

    /** Nobody leaves before the artifact is complete: until then, what every rank holds may still be needed. */
    private Outcome awaitSaving(Ring ring) {
        board.stage(Stage.SAVING);
        ring.allGather(new byte[1], SAVING);
        return succeeded("rank 0 has saved the model", null);
    }

    /** The operator didn't hear of an earlier attempt's end: says it again, to the peers as well. */
    private Outcome repeat(Ring ring, Artifact artifact) {
        Agreement.done(Versions.worker(), job).agree(ring, settings.patience().meeting());
        return succeeded("an earlier attempt had finished; its artifact is whole", artifact);
    }

    private Outcome succeeded(String message, Artifact artifact) {
        board.stage(Stage.DONE);
        return new Outcome(Reason.Succeeded, message, artifact);
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
