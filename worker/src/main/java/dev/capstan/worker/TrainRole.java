package dev.capstan.worker;

import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Outcome;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.protocol.Progress.Stage;
import dev.capstan.protocol.Work;
import dev.capstan.worker.artifact.EventLog;
import dev.capstan.worker.artifact.FileDigest;
import dev.capstan.worker.artifact.OutputFolder;
import dev.capstan.worker.artifact.Recipe;
import dev.capstan.worker.checkpoint.Checkpoint;
import dev.capstan.worker.checkpoint.CheckpointFolder;
import dev.capstan.worker.outcome.Failure;
import dev.capstan.worker.ring.Collectives;
import dev.capstan.worker.ring.Held;
import dev.capstan.worker.ring.Rehearsal;
import dev.capstan.worker.ring.Ring;
import dev.capstan.worker.step.Position;
import dev.capstan.worker.torch.Engines;
import dev.capstan.worker.train.Agreement;
import dev.capstan.worker.train.Checkpointing;
import dev.capstan.worker.train.Edge;
import dev.capstan.worker.train.Handover;
import dev.capstan.worker.train.History;
import dev.capstan.worker.train.ProgressBoard;
import dev.capstan.worker.train.Schedule;
import dev.capstan.worker.train.Scores;
import dev.capstan.worker.train.Testing;
import dev.capstan.worker.train.Trainer;
import dev.capstan.worker.train.TrainingState;
import dev.capstan.worker.train.WarmUp;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Trains a job's model, as one of its ranks: reads, trains, measures, saves. */
final class TrainRole implements Role, Gathering.Work {
    private static final Logger LOG = LoggerFactory.getLogger(TrainRole.class);
    /**
     * While some read, measure or save, others wait; a dead host is noticed by the connection, not by this time. Peers
     * meet first, and then read: a rank that isn't there and one that has more to read are told apart.
     */
    static final Duration STORAGE = Duration.ofHours(6);

    /** How long a checkpoint that rank 0 sees may take to be seen by the others, on a volume with caches. */
    private static final Duration SEEN = Duration.ofSeconds(30);

    /** The rank that writes. */
    private static final int LEADER = 0;

    private final GangSession session;
    private final Work.Train work;
    private final Map<String, String> environment;
    private final JobFile job;
    private final ProgressBoard board;
    private CheckpointFolder checkpoints;

    /** Rank 0's; null on others. */
    private OutputFolder output;

    /** Null until it is read; kept, since it may be begun with more than once. */
    private Loading loaded;

    /** What this rank has before anything is trained or gone on from. */
    private Agreement mine;

    private TrainingState.Origin identity;
    private Trainee trainee;

    /** Whether a checkpoint was read into the network. */
    private boolean resumed;

    /** What rank 0 before this one has kept last, once that is found; null where all is known. */
    private Future<Optional<Checkpoint>> kept;

    TrainRole(GangSession session, Work.Train work, Map<String, String> environment) {
        this.session = session;
        this.work = work;
        this.environment = environment;
        job = session.job();
        board = session.board();
    }

    @Override
    public Outcome play() {
        if (session.replaces()) {
            return replace();
        }
        if (leads()) {
            return lead();
        }
        checkpoints = checkpoints();
        return session.gang().together(this);
    }

    @Override
    public String notDone() {
        if (board.progress().stage().compareTo(Stage.TRAINING) <= 0) {
            return "the state could not be kept";
        }
        return leads() ? "the trained model could not be saved" : "rank 0 had not saved the trained model";
    }

    @Override
    public boolean outlivesLosses() {
        return true;
    }

    @Override
    public String lessMemory() {
        return "make training.batchSize or the model smaller, or training.accumulateSteps larger";
    }

    private boolean leads() {
        return session.rank() == LEADER;
    }

    /** Rank 0 alone looks at what is there already, and writes. */
    private Outcome lead() {
        // First of all: hours of training are lost if their result can't be written.
        output = output();
        if (output.finished().isPresent()) {
            // An earlier attempt's, of whose end the operator didn't hear. Peers aren't waited for:
            // they may have long to load, only to be told that they aren't needed. The operator ends them.
            return saving().found(
                            "the artifact is there already, and whole",
                            output.finished().get());
        }
        checkpoints = checkpoints();
        prepareCheckpoints();
        return session.gang().together(this);
    }

    private CheckpointFolder checkpoints() {
        return new CheckpointFolder(job, scratch(), Clock.systemUTC());
    }

    private void prepareCheckpoints() {
        session.storage(checkpointStorage(), () -> {
            checkpoints.prepare();
            return null;
        });
        return session.together(all -> {
            var loaded = loaded();
            var made = session.storage(outputStorage(), () -> output.reusable(loaded.inputs()));
            if (made.isPresent()) {
                agree(all, agreement(loaded).done());
                checkpoints.tidy();
                return session.succeeded(
                        "another job has made the same model",
                        made.get(),
                        session.storage(outputStorage(), output::warnings));
            }
            var identity = identity(loaded);
            var newest =
                    session.storage(checkpointStorage(), () -> checkpoints.newest(identity.recipe(), identity.data()));
            board.broken(checkpoints.passedOver());
            newest.ifPresent(found -> TrainingState.checkLearned(found, identity));
            var engine = loaded.engine(work.training(), newest);
            var mine = agreement(loaded).by(engine.engine(), engine.threads());
            agree(all, newest.map(Checkpoint::shown).map(mine::resuming).orElse(mine));
            return led(begun(all, new Trainee(loaded, identity, engine), checkpoints, newest), output, checkpoints);
        });
    }

    private Outcome follow() {
        return session.together(all -> {
            var loaded = loaded();
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
            var engine = new Engines.Decision(first.engine(), first.threads(), "rank 0 has decided so");
            return followed(begun(all, new Trainee(loaded, identity(loaded), engine), checkpoints, newest));
        });
    }

    /**
     * Takes a lost rank's place: reads and builds what it had, and then gets the state from a peer; a spare does so
     * before it is known whose place that will be. Who comes as rank 0 leads from then on.
     */
    private Outcome replace() {
        var output = leads() ? session.storage(outputStorage(), () -> OutputFolder.open(job, scratch())) : null;
        var checkpoints = new CheckpointFolder(job, scratch(), Clock.systemUTC());
        var loaded = loaded();
        var identity = identity(loaded);
        var newest = leads()
                ? session.storage(checkpointStorage(), () -> checkpoints.newest(identity.recipe(), identity.data()))
                : Optional.<Checkpoint>empty();
        // Ready before it is known whether the others compute by the same: it nearly always is so.
        var guessed = new Trainee(loaded, identity, loaded.engine(work.training(), newest));
        var trainee = new AtomicReference<>(guessed);
        var held = new Handover(session.rank(), agreement(loaded), agreed -> {
            var mine = trainee.get().engine;
            if (agreed.engine() != mine.name() || agreed.threads() != mine.threads()) {
                var decision = new Engines.Decision(agreed.engine(), agreed.threads(), "its peers compute by it");
                trainee.set(new Trainee(loaded, identity, decision));
            }
            LOG.info("this spare is rank {} now", session.rank());
        }
        if (leads()) {
            // Not before: it clears away what a rank 0 that is lost has left.
            output = output();
            kept = session.isSpare() ? lookedFor() : CompletableFuture.completedFuture(newest);
        }
        return session.gang().replacing(this);
    }

    /** Does once, for nothing, what it is to do while all others wait for it. */
    private void warmUp() {
        int ranks = job.peers().size();
        WarmUp.of(loaded.network(), trainee.engine(), loaded.split().training(), work.training(), ranks);
        var giver = new Handover(
                session::rank, mine.by(trainee.engine().name(), trainee.engine().threads()), agreed -> trainee.state());
        try {
            Rehearsal.of(giver, held());
        } catch (Failure e) {
            LOG.warn("taking a rank's place could not be rehearsed, and will take longer: {}", e.getMessage());
        }
        // What that took is given back while nobody waits.
        System.gc();
    }

    /** All others wait for a spare, so it looks beside its work. */
    private Future<Optional<Checkpoint>> lookedFor() {
        var task = new FutureTask<>(() -> checkpoints.newest(identity.recipe(), identity.data()));
        Thread.ofVirtual().name("capstan-newest-checkpoint").start(task);
        return task;
    }

    @Override
    public Outcome begin(Ring ring) {
        load();
        return leads() ? beginLeading(ring) : beginFollowing(ring);
    }

    private Outcome beginLeading(Ring ring) {
        if (output.finished().isPresent()) {
            agree(ring, mine.done());
            return saving().found(
                            "the artifact is there already, and whole",
                            output.finished().get());
        }
        if (session.replaces()) {
            prepareCheckpoints();
        }
        var made = session.storage(outputStorage(), () -> output.reusable(loaded.inputs()));
        if (made.isPresent()) {
            agree(ring, mine.done());
            checkpoints.tidy();
            return saving().found("another job has made the same model", made.get());
        }
        var newest = newest();
        newest.ifPresent(found -> TrainingState.checkLearned(found, identity));
        var engine = loaded.engine(work.training(), newest);
        var decided = mine.by(engine.engine(), engine.threads());
        agree(ring, newest.map(Checkpoint::shown).map(decided::resuming).orElse(decided));
        return led(begun(ring, engine, newest));
    }

    private Outcome beginFollowing(Ring ring) {
        var first = agree(ring, mine);
        if (first.finished()) {
            return session.succeeded("rank 0 has found the model", null);
        }
        var newest = first.resumed() < 0
                ? Optional.<Checkpoint>empty()
                : Optional.of(session.storage(
                        checkpointStorage(), () -> checkpoints.at(first.resumed(), first.checkpointDigest(), SEEN)));
        var engine = new Engines.Decision(first.engine(), first.threads(), "rank 0 has decided so");
        return followed(begun(ring, engine, newest));
    }

    @Override
    public Held held() {
        load();
        return new Handover(session::rank, mine, agreed -> {
            trainee = trainee(new Engines.Decision(agreed.engine(), agreed.threads(), "its peers compute by it"));
            return trainee.state();
        });
    }

    @Override
    public Outcome goOn(Collectives all) {
        session.hasState();
        LOG.info("goes on from {}, as the others do", trainee.state().position());
        var run = new TrainRun(all, trainee, checkpointing(all), trainee.state().position());
        if (!leads()) {
            return followed(run);
        }
        if (output.finished().isPresent()) {
            saving().everybodyHears(all);
            return saving().found(
                            "the artifact was complete already",
                            output.finished().get());
        }
        return led(run);
    }

    private Outcome led(TrainRun run) {
        Map<String, Double> validated;
        var events = session.storage(outputStorage(), output::events);
        try {
            events.ifPresent(log -> show(run.trainee().watch().history(), log));
            validated = train(run);
        } finally {
            events.ifPresent(EventLog::close);
        }
        var outcome = save(run, output, validated);
        run.checkpointing.settled();
        checkpoints.tidy();
        return outcome;
    }

    /** What an earlier attempt, or rank 0 before this one, has come to is there already. */
    private static void show(History history, EventLog log) {
        history.tell(log::show);
        log.show(history.ended());
    }

    private Outcome followed(TrainRun run) {
        train(run);
        board.stage(Stage.EVALUATING);
        testing(run).ifPresent(test -> test.measure(largestPart(run), () -> {}));
        // Nobody leaves before the artifact is complete: until then, what every rank holds may still be needed.
        board.stage(Stage.SAVING);
        run.all().allGather(new byte[1], STORAGE);
        return session.succeeded("rank 0 has saved the model", null);
    }

    private Path scratch() {
        return Settings.scratch(environment);
    }

    private String outputStorage() {
        return Saving.storage(job);
    }

    private OutputFolder output() {
        return session.storage(outputStorage(), () -> OutputFolder.open(job, scratch()));
    }

    private Saving saving() {
        return new Saving(session, work, output);
    }

    private Optional<Checkpoint> newest() {
        return session.storage(checkpointStorage(), () -> checkpoints.newest(identity.recipe(), identity.data()));
    }

    private String checkpointStorage() {
        return "checkpoint.storage " + job.checkpoints().uri();
    }

    private String dataStorage() {
        var data = work.data();
        return "data.train " + data.train().place().uri()
                + (data.test() != null ? " or data.test " + data.test().place().uri() : "");
    }

    private Loading loaded() {
        board.stage(Stage.LOADING);
        loaded = session.storage(
                dataStorage(), () -> Loading.of(work, job.peers().size(), environment));
        mine = Agreement.ready(Versions.worker(), job, loaded.samples(), loaded.data(), loaded.network())
                .testedOn(loaded.inputs().test());
        identity = new TrainingState.Origin(
                Recipe.of(job).description(), FileDigest.text(loaded.data()), loaded.preprocessing());
    }

    /** What rank 0 has, once all have read their data and have the same. */
    private Agreement agree(Ring all, Agreement ready) {
        var first = ready.agree(all, STORAGE);
        session.hasState();
        return first;
    }

    private Agreement agreement(Loading loaded) {
        return Agreement.ready(Versions.worker(), job, loaded.samples(), loaded.data(), loaded.network())
                .testedOn(loaded.inputs().test());
    }

    private TrainingState.Origin identity(Loading loaded) {
        return new TrainingState.Origin(
                Recipe.of(job).description(), FileDigest.text(loaded.data()), loaded.preprocessing());
    }

    /** What is trained on this rank, by what, and what of it all ranks hold. */
    private final class Trainee {
        private final Loading loaded;
        private final Computing engine;
        private final Watch watch = new Watch(work.training().earlyStopping());
        private final TrainingState state;

        private Trainee(Loading loaded, TrainingState.Origin identity, Engines.Decision decision) {
            this.loaded = loaded;
            engine = Engines.ready(loaded.network(), decision);
            board.engine(engine.toString());
            state = new TrainingState(
                    job.job(),
                    job.peers().size(),
                    identity.by(engine.name(), engine.threads()),
                    loaded.network(),
                    watch);
        }
    }

    /** A training that goes on from somewhere, with whom, and who keeps what comes of it. */
    private record Run(Collectives all, Trainee trainee, Checkpointing checkpointing, Position start) {}

    /** A training at its beginning, or where an earlier attempt has left it. */
    private Run begun(Ring ring, Trainee trainee, CheckpointFolder checkpoints, Optional<Checkpoint> newest) {
        var agreed = agreement(trainee.loaded).by(trainee.engine.name(), trainee.engine.threads());
        var all = session.recovering(ring, new Handover(session.rank(), agreed, theirs -> trainee.state));
        var checkpointing = checkpointing(all, trainee, checkpoints);
        var start = newest.map(found -> session.storage(checkpointStorage(), () -> checkpointing.resume(found, ring)))
                .orElse(Position.START);
        session.gang().recovers();
        return new TrainRun(all, trainee, checkpointing, start);
    }

    private Checkpointing checkpointing(Collectives all) {
        return new Checkpointing(
                job.checkpoints(),
                checkpoints,
                trainee.state(),
                all,
                LEADER,
                board,
                System::nanoTime,
                Checkpointing.Limits.here(session::graceLeft, job.timeouts()));
    }

    /** Trains to the end; returns what was measured on the validation split. */
    private Map<String, Double> train(TrainRun run) {
        var trainee = run.trainee();
        var checkpointing = run.checkpointing();
        Edge edge = position -> session.storage(checkpointStorage(), () -> {
            tellKept(checkpointing);
            checkpointing.reached(position);
            return null;
        });
        session.takesCheckpoints(true);
        try {
            var trainer = new Trainer(
                    trainee.engine(),
                    trainee.loaded().split(),
                    work.training(),
                    run.all(),
                    board,
                    trainee.watch(),
                    edge);
            return trainer.train(run.start(), trainee.state().afterStep());
        } catch (Failure e) {
            if (e.reason() == Reason.PeerLost) {
                run.all().abort(e);
                session.storage(checkpointStorage(), () -> {
                    checkpointing.salvage();
                    return null;
                });
            }
            run.checkpointing.settled();
            throw e;
        } finally {
            session.takesCheckpoints(false);
        }
    }

    /** Tells the others that the artifact is complete; who isn't there any more doesn't need to know. */
    private void everybodyHears(Collectives all) {
        session.needsNobody();
        try {
            all.allGather(new byte[1], STORAGE);
        } catch (Failure e) {
            LOG.warn("the artifact is complete, but not every rank has heard of it: {}", e.getMessage());
        }
    }

    /** How the trained model is measured by all ranks; empty if the job has no test data. */
    private Optional<Testing> testing(Run run) {
        var loaded = run.trainee.loaded;
        return Optional.ofNullable(loaded.test())
                .map(test -> new Testing(run.trainee.engine.stage(), test, run.all, STORAGE));
    }

    /** The most samples that a rank took at once. */
    private int largestPart(Run run) {
        var loaded = run.trainee.loaded;
        var schedule = Schedule.of(
                loaded.split().training().size(),
                work.training(),
                loaded.network().stage().fewestSamples());
        return schedule.largestPart(run.all.size(), work.training().parts());
    }

    private Outcome save(Run run, OutputFolder output, Map<String, Double> validated) {
        var loaded = run.trainee.loaded;
        var engine = run.trainee.engine;
        board.stage(Stage.EVALUATING);
        var metrics = new TreeMap<>(validated);
        Runnable meanwhile = () -> {
            if (session.stopping()) {
                throw run.checkpointing.stop();
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
        var test = testing(run);
        if (test.isPresent()) {
            var result = test.get().measure(largestPart(run), meanwhile);
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
                run.trainee.watch.history().ended(),
                loaded.inputs(),
                loaded.test() == null ? loaded.split().training() : loaded.test(),
                Profile.of(loaded.split().training(), loaded.preprocessing(), meanwhile),
                loaded.past(),
                engine.name(),
                engine.threads(),
                warnings);
        board.stage(Stage.SAVING);
        var artifact = session.storage(outputStorage(), () -> publish(result, output, run.checkpointing));
        everybodyHears(run.all);
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
    private Artifact publish(Result result, OutputFolder output, Checkpointing checkpointing) {
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
