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
import dev.capstan.worker.train.Testing;
import dev.capstan.worker.train.Trainer;
import dev.capstan.worker.train.TrainingState;
import dev.capstan.worker.train.WarmUp;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
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
    }

    /**
     * Takes a lost rank's place: reads and builds what it had, and then gets the state from a peer; a spare does so
     * before it is known whose place that will be. Who comes as rank 0 leads from then on.
     */
    private Outcome replace() {
        checkpoints = checkpoints();
        load();
        // Ready before it is known whether the others compute by the same: it nearly always is so. A spare has the time
        // to look what the training began with; of others all wait, and a checkpoint may have to be fetched.
        var newest = session.isSpare() ? newest() : Optional.<Checkpoint>empty();
        trainee = trainee(loaded.engine(work.training(), newest));
        if (session.isSpare()) {
            warmUp();
            if (!session.gang().standBy()) {
                return session.nothingToKeep();
            }
            LOG.info("this spare is rank {} now", session.rank());
        }
        if (leads()) {
            // Not before: it clears away what a rank 0 that is lost has left.
            output = output();
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

    /** All others have waited for it, so it looks beside its work. */
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
        board.broken(checkpoints.passedOver());
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
        if (leads() && session.replaces()) {
            kept = lookedFor();
        }
        var run = new TrainRun(all, trainee, checkpointing(all), trainee.state().position());
        if (!leads()) {
            return followed(run);
        }
        if (output.finished().isPresent()) {
            // The others may still wait for what rank 0 alone goes on with.
            run.testing().ifPresent(Testing::skip);
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
        var outcome = saving().save(run, validated);
        run.checkpointing().settled();
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
        run.testing().ifPresent(test -> test.measure(run.most(), () -> session.leaveIfDue("while it measured")));
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
        return new Saving(session, output);
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

    /** Reads and builds what it takes to begin, once. */
    private void load() {
        if (loaded != null) {
            return;
        }
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

    private Trainee trainee(Engines.Decision decision) {
        return trainee != null
                        && trainee.engine().name() == decision.engine()
                        && trainee.engine().threads() == decision.threads()
                ? trainee
                : Trainee.of(session, work, loaded, identity, decision);
    }

    /** A training at its beginning, or where an earlier attempt has left it. */
    private TrainRun begun(Ring ring, Engines.Decision engine, Optional<Checkpoint> newest) {
        if (resumed && newest.isEmpty()) {
            throw new Failure(
                    Reason.WorkerError,
                    "rank 0 has found a checkpoint to go on from, and in its next pod none: its nodes see other files"
                            + " in " + checkpointStorage());
        }
        trainee = trainee(engine);
        var agreed = mine.by(trainee.engine().name(), trainee.engine().threads());
        var state = trainee.state();
        var all = session.gang().recovering(ring, new Handover(session::rank, agreed, theirs -> state));
        var checkpointing = checkpointing(all);
        var start = newest.map(found -> session.storage(checkpointStorage(), () -> {
                    resumed = true;
                    return checkpointing.resume(found, ring);
                }))
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
            session.leaveIfDue("after " + position);
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
            if (e.reason() == Reason.PeerLost || e.reason() == Reason.Left) {
                // The others are told first: what is kept here is of use if they are all lost before another leads.
                run.all().abort(e);
                session.storage(checkpointStorage(), () -> {
                    checkpointing.salvage(e);
                    return null;
                });
            }
            checkpointing.settled();
            throw e;
        } finally {
            session.takesCheckpoints(false);
        }
    }

    /** As soon as it is known, unless there is a newer one by then. */
    private void tellKept(Checkpointing checkpointing) {
        if (kept != null && session.lastCheckpoint() == null && kept.state() == Future.State.SUCCESS) {
            kept.resultNow()
                    .ifPresent(each ->
                            checkpointing.isKept(each, each.description().step()));
        }
    }
}
