package dev.capstan.worker.train;

import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.checkpoint.Checkpoint;
import dev.capstan.worker.checkpoint.CheckpointFolder;
import dev.capstan.worker.outcome.Failure;
import dev.capstan.worker.ring.Collectives;
import dev.capstan.worker.ring.Wish;
import dev.capstan.worker.step.Position;
import dev.capstan.worker.storage.Outage;
import java.io.IOException;
import java.time.Duration;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the state that all ranks hold, at the edge between two steps: after so many steps, when the leader's clock says
 * so, when somebody asks for it, and before the training ends on request. One rank leads and writes, the others wait.
 */
public final class Checkpointing implements Edge {
    private static final Logger LOG = LoggerFactory.getLogger(Checkpointing.class);
    /** While some read or write, others wait; a dead host is noticed by the connection, not by this time. */
    private static final Duration STORAGE = Duration.ofHours(6);

    /** How soon storage is tried again that has refused the state of a training that is to stop. */
    private static final Duration AGAIN = Duration.ofSeconds(2);

    private static final byte NOT_KEPT = 0;
    private static final byte KEPT = 1;
    /** Kept beside the one that another attempt has made of the same step. */
    private static final byte KEPT_BESIDE = 2;

    private final JobFile.Checkpoints when;
    private final CheckpointFolder folder;
    private final TrainingState state;
    private final Collectives ring;
    private final int leader;
    private final ProgressBoard board;
    private final LongSupplier nanoTime;
    private final Supplier<Duration> patience;

    /** The newest whole checkpoint's step; -1 if there is none. */
    private long kept = -1;

    /** Where that one lies, as the user names places; null if there is none. */
    private String keptIn;

    private long keptAt;
    private boolean asked;

    /**
     * @param when how often the state is kept
     * @param folder only the leader writes into it
     * @param state what is kept
     * @param ring the other ranks
     * @param leader the rank that writes
     * @param board told of every checkpoint
     * @param nanoTime a clock like {@link System#nanoTime()}
     */
    public Checkpointing(
            JobFile.Checkpoints when,
            CheckpointFolder folder,
            TrainingState state,
            Collectives ring,
            int leader,
            ProgressBoard board,
            LongSupplier nanoTime) {
        this(when, folder, state, ring, leader, board, nanoTime, () -> Duration.ZERO);
    }

    /**
     * As above.
     *
     * @param patience how long storage may refuse the state of a training that was asked to stop, until that is given
     *     up
     */
    public Checkpointing(
            JobFile.Checkpoints when,
            CheckpointFolder folder,
            TrainingState state,
            Collectives ring,
            int leader,
            ProgressBoard board,
            LongSupplier nanoTime,
            Supplier<Duration> patience) {
        this.when = when;
        this.folder = folder;
        this.state = state;
        this.ring = ring;
        this.leader = leader;
        this.board = board;
        this.nanoTime = nanoTime;
        this.patience = patience;
        keptAt = nanoTime.getAsLong();
    }

    /** Takes up what a checkpoint holds, as {@link #resume(Checkpoint, Collectives)}, with those who train together. */
    public Position resume(Checkpoint checkpoint) {
        return resume(checkpoint, ring);
    }

    /**
     * Takes up what a checkpoint holds, together with all other ranks.
     *
     * @param with the other ranks, which may be joined otherwise than while they train
     * @return where the training goes on
     * @throws Failure WorkerError if it can't be read; StorageUnavailable if that may pass
     */
    public Position resume(Checkpoint checkpoint, Collectives with) {
        try {
            state.read(checkpoint);
        } catch (IOException e) {
            throw unreadable(checkpoint, e);
        } catch (RuntimeException e) {
            // ND4J's own of what it met.
            throw Outage.causes(e) ? unreadable(checkpoint, e) : e;
        }
        Replicas.check(state.parameters(), with, STORAGE);
        var position = state.position();
        LOG.info("goes on from {}, after step {}", checkpoint.shown().uri(), position.step());
        isKept(checkpoint, position.step());
        return position;
    }

    /**
     * That checkpoint is there, and the newest.
     *
     * @param step of this training, after which it was written
     */
    public void isKept(Checkpoint checkpoint, long step) {
        kept = step;
        keptIn = checkpoint.shown().uri();
        board.checkpoint(checkpoint.shown());
    }

    private static Failure unreadable(Checkpoint checkpoint, Exception e) {
        return new Failure(
                Outage.or(Reason.WorkerError, e),
                "checkpoint " + checkpoint.shown().uri() + " can't be read: " + e,
                e);
    }

    @Override
    public void reached(Position position) {
        state.reached(position);
        var wishes = ring.wishes();
        boolean stop = wishes.contains(Wish.STOP);
        long everySteps = when.everySteps();
        if (stop || wishes.contains(Wish.CHECKPOINT) || everySteps > 0 && position.step() % everySteps == 0) {
            var problem = keep(position, stop);
            if (stop) {
                throw stopped(position, problem);
            }
        }
        askByTheClock();
    }

    private boolean leads() {
        return ring.rank() == leader;
    }

    private void askByTheClock() {
        long seconds = when.everySeconds();
        if (leads()
                && seconds > 0
                && !asked
                && nanoTime.getAsLong() - keptAt >= Duration.ofSeconds(seconds).toNanos()) {
            asked = true;
            ring.wish(Wish.CHECKPOINT);
        }
    }

    /** @return why the state isn't kept; null if it is */
    private String keep(Position position, boolean stop) {
        String problem = null;
        try {
            new Finite().check(state.parameters(), "a parameter");
            Replicas.check(state.parameters(), ring);
            if (leads()) {
                problem = stop ? lastTry(position) : write(position);
            }
            problem = tell(position, problem);
        } catch (Failure e) {
            // Who has done its part and was asked to stop doesn't mind that others are gone.
            if (!(stop && leads() && kept == position.step())) {
                throw e.at("the checkpoint of " + position);
            }
        }
        return problem;
    }

    /** The state is in memory alone, and in a moment nowhere: it is tried until there is no time left. */
    private String lastTry(Position position) {
        var problem = write(position);
        if (problem == null) {
            return null;
        }
        long until = nanoTime.getAsLong() + patience.get().toNanos();
        while (problem != null && nanoTime.getAsLong() + AGAIN.toNanos() < until) {
            pause();
            problem = write(position);
        }
        return problem;
    }

    private static void pause() {
        try {
            Thread.sleep(AGAIN);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Failure(Reason.WorkerError, "interrupted while waiting for storage", e);
        }
    }

    private String write(Position position) {
        asked = false;
        keptAt = nanoTime.getAsLong();
        var request = board.requests().begin();
        if (kept == position.step()) {
            board.requests().kept(request);
            return null;
        }
        try {
            var checkpoint = folder.write(state);
            kept = position.step();
            keptIn = checkpoint.uri();
            board.checkpoint(checkpoint);
            board.requests().kept(request);
            LOG.info("{} is kept in {}", position, checkpoint.uri());
            return null;
        } catch (IOException | IllegalArgumentException e) {
            var problem = folder.cannotBeWritten(e);
            board.requests().failed();
            board.noCheckpoint(position + " is not kept: " + problem);
            LOG.warn("{} is not kept, and training goes on: {}", position, problem);
            return problem;
        } finally {
            keptAt = nanoTime.getAsLong();
        }
    }

    /** Tells all ranks how the leader's writing ended, for which they wait. */
    private String tell(Position position, String problem) {
        byte told = NOT_KEPT;
        if (problem == null && leads()) {
            told = keptIn.equals(folder.uri(state.description().step())) ? KEPT : KEPT_BESIDE;
        }
        var all = ring.allGather(new byte[] {told}, STORAGE);
        if (leads()) {
            return problem;
        }
        byte how = all.get(leader)[0];
        if (how == NOT_KEPT) {
            return "rank " + leader + " could not write the checkpoint";
        }
        // What all went on from has a name already.
        if (kept != position.step()) {
            long step = state.description().step();
            keptIn = how == KEPT ? folder.uri(step) : folder.uriBeside(step);
        }
        return null;
    }

    private Failure stopped(Position position, String problem) {
        var what = "asked to stop, and did so after " + position + "; ";
        return Failure.elsewhere(
                problem == null ? Reason.Terminated : Reason.StateNotKept,
                what + (problem == null ? "its state is kept in " + keptIn : "its state is lost: " + problem));
    }

    /**
     * Keeps what the last step left when a peer was lost in the middle of the next one; on the leader only, and only if
     * the state still is as that step left it.
     */
    public void salvage() {
        if (leads() && state.position().step() > 0 && state.whole()) {
            try {
                new Finite().check(state.parameters(), "a parameter");
                write(state.position());
            } catch (Failure e) {
                LOG.warn(
                        "{} is not kept: {}",
                        state.position(),
                        e.at("the last step").getMessage());
            }
        }
    }

    /**
     * Keeps what the whole training left, on the leader. Whether the best epoch's parameters are back already makes no
     * difference: they are put back again.
     *
     * @return why it isn't kept; null if it is
     */
    public String keepTheEnd() {
        return write(state.position());
    }

    /** Does the same because the leader is asked to stop while it measures, and returns Terminated. */
    public Failure stop() {
        return stopped(state.position(), keepTheEnd());
    }
}
