package dev.capstan.worker;

import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Outcome;
import dev.capstan.protocol.Outcome.Artifact;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.protocol.Progress.Stage;
import dev.capstan.worker.artifact.OutputFolder;
import dev.capstan.worker.artifact.Profile;
import dev.capstan.worker.artifact.Publisher;
import dev.capstan.worker.artifact.Result;
import dev.capstan.worker.outcome.Failure;
import dev.capstan.worker.ring.Collectives;
import dev.capstan.worker.train.Baseline;
import dev.capstan.worker.train.Checkpointing;
import dev.capstan.worker.train.Confusion;
import dev.capstan.worker.train.ProgressBoard;
import dev.capstan.worker.train.Scores;
import java.time.Clock;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What rank 0 does with a model that is trained, or that it has found to be trained already. */
final class Saving {
    private static final Logger LOG = LoggerFactory.getLogger(Saving.class);

    /** How long storage may not answer while the model is saved, and how often it is tried. */
    private static final Duration OUTAGE = Duration.ofMinutes(10);

    private static final Duration AGAIN = Duration.ofSeconds(5);

    private final GangSession session;
    private final OutputFolder output;
    private final JobFile job;
    private final ProgressBoard board;

    Saving(GangSession session, OutputFolder output) {
        this.session = session;
        this.output = output;
        job = session.job();
        board = session.board();
    }

    /** An artifact that is there already. */
    Outcome found(String message, Artifact artifact) {
        return session.succeeded(message, artifact, session.storage(storage(), output::warnings));
    }

    /** As messages name it. */
    static String storage(JobFile job) {
        return "output " + job.output().uri();
    }

    private String storage() {
        return storage(job);
    }

    /** Tells the others that the artifact is complete; who isn't there any more doesn't need to know. */
    void everybodyHears(Collectives all) {
        session.gang().needsNobody();
        try {
            all.allGather(new byte[1], TrainRole.STORAGE);
        } catch (Failure e) {
            LOG.warn("the artifact is complete, but not every rank has heard of it: {}", e.getMessage());
        }
    }

    /** Measures the model, saves it, and lets all others go. */
    Outcome save(TrainRun run, Map<String, Double> validated) {
        var loaded = run.trainee().loaded();
        var engine = run.trainee().engine();
        board.stage(Stage.EVALUATING);
        var metrics = new TreeMap<>(validated);
        Runnable meanwhile = () -> {
            if (session.stopping() && !session.isReplaceable()) {
                throw run.checkpointing().stop();
            }
            try {
                session.leaveIfDue("while it measured");
            } catch (Failure e) {
                run.all().abort(e);
                run.checkpointing().keepTheEnd();
                throw e;
            }
        };
        var measured = loaded.test() != null ? loaded.test() : loaded.split().validation();
        if (measured != null) {
            metrics.putAll(Baseline.of(
                    loaded.split().training(),
                    measured,
                    loaded.network().stage().classes()));
        }
        Confusion confusion = null;
        var test = run.testing();
        if (test.isPresent()) {
            var result = test.get().measure(run.most(), meanwhile);
            metrics.putAll(result.metrics());
            if (result.scores() instanceof Scores.Classes(var counted)) {
                confusion = counted;
            }
        }
        var warnings = Stream.concat(loaded.warnings().stream(), Baseline.caveat(metrics).stream())
                .toList();
        var result = new Result(
                loaded.network(),
                loaded.preprocessing(),
                metrics,
                confusion == null ? null : confusion.matrix(),
                run.trainee().watch().history().ended(),
                loaded.inputs(),
                loaded.test() == null ? loaded.split().training() : loaded.test(),
                Profile.of(loaded.split().training(), loaded.preprocessing(), meanwhile),
                loaded.past(),
                engine.name(),
                engine.threads(),
                warnings);
        board.stage(Stage.SAVING);
        var artifact = session.storage(storage(), () -> publish(result, run.checkpointing()));
        everybodyHears(run.all());
        return session.succeeded(
                "trained " + metrics.get("epochs").intValue() + " epochs in "
                        + loaded.network().step() + " steps"
                        + metrics.entrySet().stream()
                                .filter(each ->
                                        !each.getKey().toLowerCase(Locale.ROOT).endsWith("epoch")
                                                && !each.getKey().equals("epochs"))
                                .map(each -> String.format(Locale.ROOT, ", %s %.4f", each.getKey(), each.getValue()))
                                .reduce("", String::concat),
                artifact,
                warnings);
    }

    /** Storage that doesn't answer is given some time: the whole training is in memory, and maybe nowhere else. */
    private Artifact publish(Result result, Checkpointing checkpointing) {
        var publisher = new Publisher(job, output, Versions.all(result.engine()), Clock.systemUTC());
        var deadline = System.nanoTime() + OUTAGE.toNanos();
        while (true) {
            try {
                return publisher.publish(result);
            } catch (Failure e) {
                if (e.reason() != Reason.StorageUnavailable) {
                    throw e;
                }
                if (session.stopping() || System.nanoTime() > deadline) {
                    checkpointing.keepTheEnd();
                    throw e;
                }
                LOG.warn("{}; it is tried again in {} s", e.getMessage(), AGAIN.toSeconds());
                board.problem("the trained model is held in memory, and saved as soon as that is possible: "
                        + e.getMessage());
                session.pause(AGAIN);
            }
        }
    }
}
