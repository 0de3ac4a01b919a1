package dev.capstan.worker;

import com.sun.net.httpserver.HttpServer;
import dev.capstan.protocol.Events;
import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.JobKeys;
import dev.capstan.protocol.Membership;
import dev.capstan.protocol.Outcome;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.protocol.Progress;
import dev.capstan.protocol.Progress.Stage;
import dev.capstan.worker.http.WorkerServer;
import dev.capstan.worker.job.JobReader;
import dev.capstan.worker.outcome.Failure;
import dev.capstan.worker.ring.Wish;
import dev.capstan.worker.train.CheckpointRequests.State;
import dev.capstan.worker.train.ProgressBoard;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One rank's part in a gang, whatever the gang does: it answers over HTTP, meets the peers, tells them of its failure,
 * and hears that it is to stop or to keep its state. What there is to do is its {@link Role}'s to know.
 */
final class GangSession {
    private static final Logger LOG = LoggerFactory.getLogger(GangSession.class);

    /** How long at most a rank that is asked to stop stays to see whether all others are, before it leaves them. */
    private static final Duration LINGER = Duration.ofSeconds(10);

    /** Which share of its time to end that may be. */
    private static final int LINGERS = 6;

    private final Settings settings;
    /** Who asks before the role is played waits for that. */
    private final HttpServer listening;

    private final JobFile job;
    private final String bearer;
    private final Place place;
    private final ProgressBoard board;
    private final Role role;
    private final Consumer<Outcome> end;
    /** Null until the role is played. */
    private volatile Watchdog watchdog;

    private final Regrouping regrouping;
    private final Gathering gang;
    private volatile boolean hasState;
    private volatile boolean takesCheckpoints;
    private volatile boolean stopping;
    private volatile long stoppingSince;

    /**
     * @param end ends the process with an outcome, when the thread that works can't
     * @throws Failure if environment, job file or token are wrong
     */
    GangSession(Map<String, String> environment, Consumer<Outcome> end) {
        this.end = end;
        settings = Settings.of(environment);
        listening = WorkerServer.listen(settings.httpPort());
        job = JobReader.read(settings.jobFile());
        place = settings.place(job);
        var token = settings.token();
        bearer = JobKeys.bearer(job.version(), token, job.job().uid(), job.job().attempt());
        var key = JobKeys.ring(token, job.job().uid(), job.job().attempt());
        regrouping = new Regrouping(job, place, key, replaces(), this::leaves);
        board = new ProgressBoard(job.job().attempt(), System::nanoTime);
        gang = new Gathering(job, settings, place, key, board, regrouping, () -> watchdog.atWork(), this::failure);
        role = Role.of(this, environment);
        if (isReplaceable()) {
            regrouping.open();
        }
    }

    /** What the gang was told to do. */
    JobFile job() {
        return job;
    }

    /** Whether this worker takes the place of one that was lost. */
    boolean replaces() {
        return place.isSpare() || settings.incarnation() > 0;
    }

    /** Whether this worker waits, or has waited, for a place that becomes free. */
    boolean isSpare() {
        return place.isSpare();
    }

    /** This rank's number; rank 0 leads. A spare's own number until it has a rank. */
    int rank() {
        return place.rank();
    }

    /** How far this rank is. */
    ProgressBoard board() {
        return board;
    }

    /** The way to the other ranks. */
    Gathering gang() {
        return gang;
    }

    /** How long the worker may take to end. */
    Duration grace() {
        return settings.grace();
    }

    /**
     * How long the state may still be tried to be kept, by the thread that works: less than the process waits for it,
     * so that it can tell why it wasn't.
     */
    Duration graceLeft() {
        var all = Main.lessMargin(Main.lessMargin(grace()));
        return stopping ? all.minusNanos(System.nanoTime() - stoppingSince) : all;
    }

    /** Whether this rank was asked to stop. */
    boolean stopping() {
        return stopping;
    }

    /** Whether the others go on with another in this rank's place if it alone is asked to stop. */
    boolean isReplaceable() {
        return role.outlivesLosses() && regrouping.possible();
    }

    /**
     * Whether this rank was asked to stop, and has stayed long enough to see whether all others are, too: then they
     * would keep their state and end together. A spare that has no rank is missed by nobody.
     */
    private boolean leaves() {
        if (!stopping || !isReplaceable()) {
            return false;
        }
        var share = grace().dividedBy(LINGERS);
        var stays = share.compareTo(LINGER) < 0 ? share : LINGER;
        return !place.taken() || System.nanoTime() - stoppingSince >= stays.toNanos();
    }

    /**
     * Called between two steps, or whenever the state is whole.
     *
     * @param when as the end of a sentence
     * @throws Failure Left if this rank leaves the others here
     */
    void leaveIfDue(String when) {
        if (leaves()) {
            throw regrouping.leave(when);
        }
    }

    /** From now on all ranks hold a state that is worth keeping: they have agreed on job, data and model. */
    void hasState() {
        hasState = true;
        if (stopping) {
            // The ring in which it was wished before may be gone.
            gang.all().wish(wishToEnd());
        }
    }

    /** One that is replaced ends alone; of others, all end with it. */
    private Wish wishToEnd() {
        return isReplaceable() ? Wish.LEAVE : Wish.STOP;
    }

    /** Whether a checkpoint may be asked for: the role gets to the edge of a step soon, and keeps one there. */
    void takesCheckpoints(boolean does) {
        takesCheckpoints = does;
    }

    /**
     * Asks all ranks to keep the state and end after the step under way; where others can go on without this one, it
     * leaves them soon, unless they are asked as well. Any thread may call it.
     *
     * @return whether that is worth waiting for; before there is a state, it isn't
     */
    boolean askToStop() {
        boolean state = hasState;
        stoppingSince = System.nanoTime();
        stopping = true;
        if (state) {
            gang.all().wish(wishToEnd());
        }
        regrouping.lookRound();
        return state;
    }

    /** What a worker ends with that is asked to stop before it has a state. */
    Outcome nothingToKeep() {
        if (!place.taken()) {
            return new Outcome(Reason.NotNeeded, "asked to stop as a spare, before a rank was lost", null);
        }
        return isReplaceable()
                ? new Outcome(Reason.Left, "asked to stop by SIGTERM, before it had begun", null)
                : new Outcome(Reason.Terminated, "asked to stop by SIGTERM", null);
    }

    /** The newest whole checkpoint that this rank knows of; null if there is none. */
    Progress.Checkpoint lastCheckpoint() {
        return board.progress().lastCheckpoint();
    }

    /** What a rank that was asked to stop has waited for in vain. */
    String notDone() {
        return role.notDone();
    }

    private WorkerServer.Answer askForCheckpoint(String request) {
        if (!takesCheckpoints) {
            return WorkerServer.Answer.NOT_NOW;
        }
        return switch (request == null ? State.NEW : board.requests().ask(request)) {
            case NEW -> {
                gang.all().wish(Wish.CHECKPOINT);
                yield WorkerServer.Answer.ACCEPTED;
            }
            case OPEN -> WorkerServer.Answer.ACCEPTED;
            case DONE -> WorkerServer.Answer.DONE;
        };
    }

    /**
     * Plays the role to its end.
     *
     * @return how it ended, if well
     * @throws Failure if not
     */
    Outcome run() {
        try (var dog = Watchdog.ofThisThread(job.timeouts(), this::giveUp);
                var server = WorkerServer.start(
                        listening,
                        bearer,
                        board::progress,
                        dog::alive,
                        () -> gang.all() != null || regrouping.warm(),
                        this::askForCheckpoint,
                        operator())) {
            watchdog = dog;
            LOG.info(
                    "{} {} of {}, attempt {} of job {}/{}, HTTP on port {}",
                    place.isSpare() ? "spare" : "rank",
                    place.rank(),
                    job.peers().size(),
                    job.job().attempt(),
                    job.job().namespace(),
                    job.job().name(),
                    server.port());
            return played();
        }
    }

    /** Whoever waits for events hears of the end while there is still somebody to answer. */
    private Outcome played() {
        try {
            var outcome = role.play();
            regrouping.ended(outcome.message());
            return outcome;
        } catch (Throwable e) {
            regrouping.ended(failure(e).getMessage());
            throw e;
        }
    }

    private WorkerServer.Gang operator() {
        return new WorkerServer.Gang() {
            @Override
            public WorkerServer.Told take(Membership membership) {
                return regrouping.take(membership);
            }

            @Override
            public Events after(long number, Duration patience) throws InterruptedException {
                return regrouping.events(number, patience);
            }
        };
    }

    /**
     * Reads from or writes to storage, which may hang; then the worker ends, and tells which it was.
     *
     * @param what as messages name it, such as {@code output pvc://models/mnist}
     */
    <T> T storage(String what, Supplier<T> access) {
        return watchdog.storage(what, access);
    }

    /** The working thread gets nowhere, and so can't tell that itself. */
    private void giveUp(Failure failure) {
        gang.abort(failure);
        regrouping.ended(failure.getMessage());
        end.accept(new Outcome(failure.reason(), failure.getMessage(), null, lastCheckpoint()));
    }

    /** What ended the work, with what its job can do about memory if that ran out. */
    Failure failure(Throwable thrown) {
        var failure = Failure.of(thrown);
        boolean ranOut = failure.reason() == Reason.OutOfMemory && failure.getCause() == thrown;
        return ranOut && !role.lessMemory().isEmpty()
                ? new Failure(failure.reason(), failure.getMessage() + ", or " + role.lessMemory(), thrown)
                : failure;
    }

    /** The outcome of work that is done. */
    Outcome succeeded(String message, Outcome.Artifact artifact) {
        return succeeded(message, artifact, List.of());
    }

    /** As {@link #succeeded(String, Outcome.Artifact)}, with what the user should know all the same. */
    Outcome succeeded(String message, Outcome.Artifact artifact, List<String> warnings) {
        board.stage(Stage.DONE);
        return new Outcome(
                Reason.Succeeded, message, artifact, lastCheckpoint(), null, warnings.isEmpty() ? null : warnings);
    }

    /** Waits, or until it is asked to stop. */
    void pause(Duration duration) {
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
}
