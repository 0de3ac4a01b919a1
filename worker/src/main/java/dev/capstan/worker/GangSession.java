package dev.capstan.worker;

import dev.capstan.protocol.Contract;
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
import dev.capstan.worker.ring.Collectives;
import dev.capstan.worker.ring.Held;
import dev.capstan.worker.ring.Patience;
import dev.capstan.worker.ring.Peer;
import dev.capstan.worker.ring.Recovering;
import dev.capstan.worker.ring.Ring;
import dev.capstan.worker.ring.Wish;
import dev.capstan.worker.train.CheckpointRequests.State;
import dev.capstan.worker.train.ProgressBoard;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
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

    private final Settings settings;
    private final JobFile job;
    private final byte[] token;
    private final ProgressBoard board;
    private final Role role;
    private final Consumer<Outcome> end;
    /** Null until the role is played. */
    private volatile Watchdog watchdog;

    private final Regrouping regrouping;

    /** Null until the peers are met. */
    private volatile Collectives all;

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
        job = JobReader.read(settings.jobFile());
        if (settings.rank() >= job.peers().size()) {
            throw new Failure(
                    Reason.WorkerError,
                    Contract.RANK + " is " + settings.rank() + ", but the job has "
                            + job.peers().size() + " peers");
        }
        token = token();
        regrouping = new Regrouping(
                job,
                settings.rank(),
                JobKeys.ring(token, job.job().uid(), job.job().attempt()),
                replaces(),
                () -> stopping);
        board = new ProgressBoard(job.job().attempt(), System::nanoTime);
        role = Role.of(this, environment);
    }

    /** What the gang was told to do. */
    JobFile job() {
        return job;
    }

    /** Whether this worker takes the place of one that was lost. */
    boolean replaces() {
        return settings.incarnation() > 0;
    }

    /** This rank's number; rank 0 leads. */
    int rank() {
        return settings.rank();
    }

    /** How far this rank is. */
    ProgressBoard board() {
        return board;
    }

    /** The other ranks; null until they are met. */
    Collectives peers() {
        return all;
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

    /** From now on all ranks hold a state that is worth keeping: they have agreed on job, data and model. */
    void hasState() {
        hasState = true;
    }

    /** Whether a checkpoint may be asked for: the role gets to the edge of a step soon, and keeps one there. */
    void takesCheckpoints(boolean does) {
        takesCheckpoints = does;
    }

    /**
     * Asks all ranks to keep the state and end after the step under way. Any thread may call it.
     *
     * @return whether that is worth waiting for; before there is a state, it isn't
     */
    boolean askToStop() {
        boolean state = hasState;
        stoppingSince = System.nanoTime();
        stopping = true;
        if (state) {
            all.wish(Wish.STOP);
        }
        return state;
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
                all.wish(Wish.CHECKPOINT);
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
        var bearer =
                JobKeys.bearer(job.version(), token, job.job().uid(), job.job().attempt());
        try (var dog = Watchdog.ofThisThread(job.timeouts(), this::giveUp);
                var server = WorkerServer.start(
                        settings.httpPort(),
                        bearer,
                        board::progress,
                        dog::alive,
                        () -> all != null,
                        this::askForCheckpoint,
                        gang())) {
            watchdog = dog;
            LOG.info(
                    "rank {} of {}, attempt {} of job {}/{}, HTTP on port {}",
                    settings.rank(),
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

    private WorkerServer.Gang gang() {
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
        var peers = all;
        if (peers != null) {
            peers.abort(failure);
        }
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

    /** What ranks do together. */
    interface Part<C extends Collectives> {
        Outcome with(C all);
    }

    /** Meets the peers and does something with them; whoever fails tells the others why. */
    Outcome together(Part<Ring> part) {
        board.stage(Stage.MEETING);
        var uid = job.job().uid();
        int attempt = job.job().attempt();
        var membership = new dev.capstan.worker.ring.Membership(
                uid, Membership.FIRST, settings.rank(), Peer.list(job.peers()), JobKeys.ring(token, uid, attempt));
        var timeouts = job.timeouts();
        var patience = new Patience(
                settings.meeting(), Duration.ofSeconds(timeouts.silence()), Duration.ofSeconds(timeouts.late()));
        var ring = Ring.join(membership, patience);
        all = ring;
        watchdog.atWork();
        return with(() -> part.with(ring));
    }

    /**
     * What outlives the loss of a rank once this rank {@link #recovers}, where somebody sends memberships; else the
     * ring as it is.
     *
     * @param held the state that all ranks hold from then on, and that a newcomer gets
     */
    Collectives recovering(Ring ring, Held held) {
        if (!regrouping.possible()) {
            return ring;
        }
        all = Recovering.begin(ring, regrouping, held);
        return all;
    }

    /** From now on all hold the state that is to be gone on with: who is lost is waited for. */
    void recovers(Ring ring) {
        if (regrouping.possible()) {
            regrouping.begin(ring);
        }
    }

    /**
     * Takes a lost rank's place, as soon as somebody has said in which gang, and does something with its other ranks.
     *
     * @param held takes the state over
     */
    Outcome replacing(Held held, Part<Collectives> part) {
        if (!regrouping.possible()) {
            throw new Failure(
                    Reason.WorkerError,
                    Contract.INCARNATION + " is " + settings.incarnation()
                            + ", but by its job file nobody tells this gang who is in it after a loss");
        }
        board.stage(Stage.MEETING);
        var ring = regrouping.come(settings.meeting());
        all = ring;
        watchdog.atWork();
        return with(() -> {
            all = Recovering.come(ring, regrouping, held);
            hasState();
            return part.with(all);
        });
    }

    /** Whoever is lost from now on isn't waited for. */
    void needsNobody() {
        regrouping.over();
    }

    private Outcome with(Supplier<Outcome> work) {
        try {
            return work.get();
        } catch (Throwable e) {
            all.abort(failure(e));
            throw e;
        } finally {
            all.close();
        }
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
