package dev.capstan.worker.train;

import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.checkpoint.Checkpoint;
import dev.capstan.worker.checkpoint.CheckpointFolder;
import dev.capstan.worker.checkpoint.State;
import dev.capstan.worker.data.Preprocessing;
import dev.capstan.worker.model.Native;
import dev.capstan.worker.model.Network;
import dev.capstan.worker.outcome.Failure;
import dev.capstan.worker.ring.Ring;
import dev.capstan.worker.ring.Wish;
import dev.capstan.worker.storage.Outage;
import java.io.IOException;
import java.time.Duration;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the state that all ranks hold, at the edge between two steps: after so many steps, when rank 0's clock says so,
 * when somebody asks for it, and before the training ends on request. Rank 0 writes, the others wait.
 */
public final class Checkpointing implements Edge {
    private static final Logger LOG = LoggerFactory.getLogger(Checkpointing.class);
    /** While some read or write, others wait; a dead host is noticed by the connection, not by this time. */
    private static final Duration STORAGE = Duration.ofHours(6);

    private static final byte NOT_KEPT = 0;
    private static final byte KEPT = 1;
    /** Kept beside the one that another attempt has made of the same step. */
    private static final byte KEPT_BESIDE = 2;

    private final JobFile job;
    private final CheckpointFolder folder;
    private final Network network;
    private final Watch watch;
    private final Identity identity;
    private final Ring ring;
    private final ProgressBoard board;
    private final LongSupplier nanoTime;

    /** The newest whole checkpoint's step; -1 if there is none. */
    private long kept = -1;

    /** Where that one lies, as the user names places; null if there is none. */
    private String keptIn;

    private long keptAt;
    private boolean asked;
    private Position reached;

    /**
     * What a checkpoint has to say of its origin.
     *
     * @param recipe digest of the job's model, data and training
     * @param data digest of the training samples
     * @param preprocessing what was learned from them
     */
    public record Identity(String recipe, String data, Preprocessing preprocessing) {}

    /**
     * @param folder only rank 0 writes into it
     * @param network what is kept
     * @param watch what was measured after each epoch
     * @param ring the other ranks
     * @param board told of every checkpoint
     * @param nanoTime a clock like {@link System#nanoTime()}
     */
    public Checkpointing(
            JobFile job,
            CheckpointFolder folder,
            Network network,
            Watch watch,
            Identity identity,
            Ring ring,
            ProgressBoard board,
            LongSupplier nanoTime) {
        this.job = job;
        this.folder = folder;
        this.network = network;
        this.watch = watch;
        this.identity = identity;
        this.ring = ring;
        this.board = board;
        this.nanoTime = nanoTime;
        keptAt = nanoTime.getAsLong();
    }

    /**
     * Takes up what a checkpoint holds, together with all other ranks.
     *
     * @return where the training goes on
     * @throws Failure WorkerError if it can't be read; StorageUnavailable if that may pass
     */
    public Position resume(Checkpoint checkpoint) {
        var state = checkpoint.state();
        try {
            checkpoint.restore(network);
            watch.resume(state.validation(), checkpoint.best());
        } catch (IOException e) {
            throw unreadable(checkpoint, e);
        } catch (RuntimeException e) {
            // ND4J's own of what it met.
            throw Outage.causes(e) ? unreadable(checkpoint, e) : e;
        }
        Replicas.check(network, ring, STORAGE);
        LOG.info("goes on from {}, after step {}", checkpoint.shown().uri(), state.step());
        kept = state.step();
        keptIn = checkpoint.shown().uri();
        board.checkpoint(checkpoint.shown());
        reached = new Position(state.step(), state.epoch(), state.batch());
        return reached;
    }

    private static Failure unreadable(Checkpoint checkpoint, Exception e) {
        return new Failure(
                Outage.or(Reason.WorkerError, e),
                "checkpoint " + checkpoint.shown().uri() + " can't be read: " + e,
                e);
    }

    @Override
    public void reached(Position position) {
        reached = position;
        var wishes = ring.wishes();
        boolean stop = wishes.contains(Wish.STOP);
        long everySteps = job.checkpoints().everySteps();
        if (stop || wishes.contains(Wish.CHECKPOINT) || everySteps > 0 && position.step() % everySteps == 0) {
            var problem = keep(position, stop);
            if (stop) {
                throw stopped(position, problem);
            }
        }
        askByTheClock();
    }

    private void askByTheClock() {
        long seconds = job.checkpoints().everySeconds();
        if (ring.rank() == 0
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
            new Finite().check(Native.memory(network.parameters()), "a parameter");
            Replicas.check(network, ring);
            if (ring.rank() == 0) {
                problem = write(position);
            }
            problem = tell(position, problem);
        } catch (Failure e) {
            // Who has done its part and was asked to stop doesn't mind that others are gone.
            if (!(stop && ring.rank() == 0 && kept == position.step())) {
                throw e.at("the checkpoint of " + position);
            }
        }
        return problem;
    }

    private String write(Position position) {
        asked = false;
        keptAt = nanoTime.getAsLong();
        if (kept == position.step()) {
            return null;
        }
        try {
            var checkpoint = folder.write(network, identity.preprocessing(), state(position), watch.bestParameters());
            kept = position.step();
            keptIn = checkpoint.shown().uri();
            board.checkpoint(checkpoint.shown());
            LOG.info("{} is kept in {}", position, checkpoint.shown().uri());
            return null;
        } catch (IOException | IllegalArgumentException e) {
            var problem = folder.cannotBeWritten(e);
            board.noCheckpoint(position + " is not kept: " + problem);
            LOG.warn("{} is not kept, and training goes on: {}", position, problem);
            return problem;
        } finally {
            keptAt = nanoTime.getAsLong();
        }
    }

    private State state(Position position) {
        return new State(
                State.VERSION,
                job.job(),
                identity.recipe(),
                identity.data(),
                ring.size(),
                position.step(),
                position.epoch(),
                position.batch(),
                watch.measured());
    }

    /** Tells all ranks how rank 0's writing ended, for which they wait. */
    private String tell(Position position, String problem) {
        byte told = NOT_KEPT;
        if (problem == null && ring.rank() == 0) {
            told = keptIn.equals(folder.uri(position.step())) ? KEPT : KEPT_BESIDE;
        }
        var all = ring.allGather(new byte[] {told}, STORAGE);
        if (ring.rank() == 0) {
            return problem;
        }
        switch (all.getFirst()[0]) {
            case KEPT -> keptIn = folder.uri(position.step());
            case KEPT_BESIDE -> keptIn = folder.uriBeside(position.step());
            default -> {
                return "rank 0 could not write the checkpoint";
            }
        }
        return null;
    }

    private Failure stopped(Position position, String problem) {
        var what = "asked to stop, and did so after " + position + "; ";
        return Failure.elsewhere(
                Reason.Terminated,
                what + (problem == null ? "its state is kept in " + keptIn : "its state is lost: " + problem));
    }

    /**
     * Keeps what the last step left when a peer was lost in the middle of the next one; on rank 0 only, and only if the
     * network still is as that step left it.
     */
    public void salvage() {
        if (ring.rank() == 0 && reached != null && reached.step() == network.step()) {
            try {
                new Finite().check(Native.memory(network.parameters()), "a parameter");
                write(here());
            } catch (Failure e) {
                LOG.warn("{} is not kept: {}", reached, e.at("the last step").getMessage());
            }
        }
    }

    /**
     * Keeps what the whole training left, on rank 0. Whether the best epoch's parameters are back already makes no
     * difference: they are put back again.
     *
     * @return why it isn't kept; null if it is
     */
    public String keepTheEnd() {
        return write(here());
    }

    /** Does the same because rank 0 is asked to stop while it measures, and returns Terminated. */
    public Failure stop() {
        return stopped(here(), keepTheEnd());
    }

    /** Where the last step led to; the epoch may have ended since. */
    private Position here() {
        return reached.epoch() == network.epoch() ? reached : reached.afterEpoch();
    }
}
