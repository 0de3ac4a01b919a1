package dev.capstan.worker.train;

import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.protocol.Progress;
import dev.capstan.protocol.Timeouts;
import dev.capstan.worker.artifact.FreeMemory;
import dev.capstan.worker.checkpoint.Checkpoint;
import dev.capstan.worker.checkpoint.CheckpointFolder;
import dev.capstan.worker.outcome.Failure;
import dev.capstan.worker.ring.Collectives;
import dev.capstan.worker.ring.Wish;
import dev.capstan.worker.step.Position;
import dev.capstan.worker.storage.Outage;
import java.io.IOException;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the state that all ranks hold, at the edge between two steps: after so many steps, when the leader's clock says
 * so, when somebody asks for it, and before the training ends on request. One rank leads: it copies the state in memory
 * and writes the copy beside the training. Only the last one, of a training that ends, is waited for by all.
 */
public final class Checkpointing implements Edge {
    private static final Logger LOG = LoggerFactory.getLogger(Checkpointing.class);
    /** While some read or write, others wait; a dead host is noticed by the connection, not by this time. */
    private static final Duration STORAGE = Duration.ofHours(6);

    /** How soon storage is tried again that has refused the state of a training that is to stop. */
    private static final Duration AGAIN = Duration.ofSeconds(2);

    /** What else a worker may need in mid-training, beside a copy of its state. */
    private static final long SPARE_MEMORY = 32L << 20;

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
    private final Limits limits;
    private final CheckpointWriter writer;
    private final Interval interval;
    private final long began;

    /** Where the newest one lies, as the user names places; null if there is none. */
    private String keptIn;

    private long dueSince;
    private boolean asked;
    /** Whether one was due while another was being written. */
    private boolean late;
    /** What copies are made in; null until the first. */
    private TrainingState.Copy copy;

    private Duration stall = Duration.ZERO;

    /**
     * How long storage is waited for, and what memory there is.
     *
     * @param stop how long storage may refuse the state of a training that was asked to stop, until that is given up
     * @param silence a write that gets nowhere for so long hangs
     * @param memory how many bytes more this worker may take; empty if that is unknown
     */
    public record Limits(Supplier<Duration> stop, Duration silence, Supplier<OptionalLong> memory) {
        /** Those of this container. */
        public static Limits here(Supplier<Duration> stop, Timeouts timeouts) {
            return new Limits(stop, Duration.ofSeconds(timeouts.storage()), FreeMemory::bytes);
        }
    }

    /**
     * @param when how often the state is kept
     * @param folder only the leader writes into it
     * @param state what is kept
     * @param ring the other ranks
     * @param leader the rank that writes
     * @param board told of every checkpoint
     * @param nanoTime a clock like {@link System#nanoTime()}
     * @param limits how long storage is waited for, and what memory there is
     */
    public Checkpointing(
            JobFile.Checkpoints when,
            CheckpointFolder folder,
            TrainingState state,
            Collectives ring,
            int leader,
            ProgressBoard board,
            LongSupplier nanoTime,
            Limits limits) {
        this.when = when;
        this.folder = folder;
        this.state = state;
        this.ring = ring;
        this.leader = leader;
        this.board = board;
        this.nanoTime = nanoTime;
        this.limits = limits;
        writer = new CheckpointWriter(folder, board, limits.silence());
        interval = new Interval(when);
        began = nanoTime.getAsLong();
        dueSince = began;
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
     * That checkpoint is there; whoever knows of a newer one goes by that.
     *
     * @param step of this training, after which it was written
     */
    public void isKept(Checkpoint checkpoint, long step) {
        if (step <= writer.kept().step()) {
            return;
        }
        keptIn = checkpoint.shown().uri();
        writer.kept(step, keptIn);
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
        long everySteps = when.everySteps();
        if (wishes.contains(Wish.STOP)) {
            throw stopped(position, keep(position));
        }
        if (wishes.contains(Wish.CHECKPOINT) || everySteps > 0 && position.step() % everySteps == 0) {
            keepBeside(position);
        }
        if (leads()) {
            look();
            askForNext();
        }
    }

    /** Tells of a write beside the training that hangs, if one does. */
    void look() {
        writer.look();
    }

    private boolean leads() {
        return ring.rank() == leader;
    }

    /** Asks for what is due by the clock, or was due while another was being written. */
    private void askForNext() {
        if (asked || writer.busy()) {
            return;
        }
        if (late || interval.byTheClock() && nanoTime.getAsLong() - dueSince >= every().toNanos()) {
            asked = true;
            ring.wish(Wish.CHECKPOINT);
        }
    }

    private Duration every() {
        return interval.now(stall, writer.lastWrite(), Duration.ofNanos(nanoTime.getAsLong() - began));
    }

    /**
     * Has the leader write a copy of the state beside the training. Nobody waits for it, and nobody else needs to know
     * how it ends.
     */
    private void keepBeside(Position position) {
        long begun = System.nanoTime();
        try {
            check();
        } catch (Failure e) {
            throw e.at("the checkpoint of " + position);
        }
        if (leads()) {
            asked = false;
            begin(position, begun);
        }
    }

    private void check() {
        new Finite().check(state.parameters(), "a parameter");
        Replicas.check(state.parameters(), ring);
    }

    private void begin(Position position, long begun) {
        if (writer.busy()) {
            // A request is done by the one that comes then, since that is begun after it.
            if (!late) {
                LOG.info("the checkpoint before {} is still being written; the next follows it", position);
                board.keeping(known -> keeping(known.stallMillis(), known, known.late() + 1));
            }
            late = true;
            return;
        }
        late = false;
        dueSince = nanoTime.getAsLong();
        if (writer.kept().step() == position.step()) {
            writer.write(position, state);
            return;
        }
        if (copies()) {
            copy = state.copy(copy);
            writer.begin(position, copy);
        } else {
            write(position);
        }
        stall = Duration.ofNanos(System.nanoTime() - begun);
        board.keeping(known -> keeping(stall.toNanos() / 1e6, known, known.late()));
    }

    /** Whether there is memory for a copy: who takes more than there is, is killed by the kernel. */
    private boolean copies() {
        if (copy != null) {
            return true;
        }
        long needed = state.copyBytes();
        var free = limits.memory().get();
        if (free.isEmpty() || needed + SPARE_MEMORY <= free.getAsLong()) {
            return true;
        }
        LOG.warn(
                "training waits while this checkpoint is written: a copy of the state takes {} MiB, and the workers'"
                        + " memory limit leaves {}",
                needed >> 20,
                free.getAsLong() >> 20);
        return false;
    }

    private Progress.Keeping keeping(double stallMillis, Progress.Keeping known, int lateOnes) {
        return new Progress.Keeping(
                interval.byTheClock() ? every().toSeconds() : 0,
                stallMillis,
                known.writeMillis(),
                copy == null ? 0 : copy.bytes(),
                lateOnes,
                known.broken());
    }

    /**
     * Keeps the state of a training that ends here, while all wait.
     *
     * @return why the state isn't kept; null if it is
     */
    private String keep(Position position) {
        String problem = null;
        try {
            check();
            if (leads()) {
                problem = lastTry(position);
            }
            problem = tell(position, problem);
        } catch (Failure e) {
            // Who has done its part and was asked to stop doesn't mind that others are gone.
            if (!(leads() && writer.kept().step() == position.step())) {
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
        long until = nanoTime.getAsLong() + limits.stop().get().toNanos();
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
        var problem = writer.write(position, state);
        keptIn = writer.kept().uri();
        return problem;
    }

    /**
     * Waits until no checkpoint is being written any more, or that hangs.
     *
     * @return whether nothing is being written
     */
    public boolean settled() {
        return writer.await();
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
        if (writer.kept().step() != position.step()) {
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
     * Keeps what the last step left when a peer was lost in the middle of the next one, if the state still is as that
     * step left it. All hold the same, so one does: the leader, or the rank after it where it is the leader that is
     * lost.
     *
     * @param found what ends the training on this rank
     */
    public void salvage(Failure found) {
        int first = found.lost() == leader ? leader + 1 : leader;
        if (ring.rank() == first && state.position().step() > 0 && state.whole()) {
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
