package dev.capstan.worker.train;

import dev.capstan.protocol.Progress;
import dev.capstan.worker.checkpoint.CheckpointFolder;
import dev.capstan.worker.checkpoint.State;
import dev.capstan.worker.outcome.Failure;
import dev.capstan.worker.step.Position;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes checkpoints, one at a time: beside the training, on a thread of its own, or while the training waits. What
 * goes wrong is told on the board, and ends no training. Storage may hang, as NFS does whose server is away: then no
 * other write is begun, and the one that hangs is waited for as long as it is of use.
 */
final class CheckpointWriter {
    private static final Logger LOG = LoggerFactory.getLogger(CheckpointWriter.class);
    /** Who waits looks round so often; a watchdog sees that, and takes who waits for somebody who works. */
    private static final Duration LOOK = Duration.ofMillis(100);

    private final CheckpointFolder folder;
    private final ProgressBoard board;
    private final Duration silence;

    private volatile Kept kept = new Kept(-1, null);
    private volatile Writing writing;
    private volatile Duration lastWrite = Duration.ZERO;

    /**
     * The newest whole checkpoint.
     *
     * @param step of this training, after which it was made; -1 if there is none
     * @param uri where it lies, as the user names places; null if there is none
     */
    record Kept(long step, String uri) {}

    /**
     * @param folder where they are written
     * @param board told of each
     * @param silence a write that has got nowhere for so long hangs
     */
    CheckpointWriter(CheckpointFolder folder, ProgressBoard board, Duration silence) {
        this.folder = folder;
        this.board = board;
        this.silence = silence;
    }

    /** The newest whole one, as far as this writer knows. */
    Kept kept() {
        return kept;
    }

    /** That one is there, whoever has written it. */
    void kept(long step, String uri) {
        kept = new Kept(step, uri);
    }

    /** Whether one is being written beside the training. */
    boolean busy() {
        return writing != null;
    }

    /** How long the last one took; zero before the first. */
    Duration lastWrite() {
        return lastWrite;
    }

    /**
     * Begins to write a state beside the training, for which nobody waits. Only while it isn't {@link #busy}.
     *
     * @param copy that stays as it is
     */
    void begin(Position position, State copy) {
        var request = board.requests().begin();
        var mine = new Writing(position);
        writing = mine;
        mine.thread = Thread.ofPlatform().name("capstan-checkpoint").daemon().unstarted(() -> {
            try {
                write(position, copy, request);
            } finally {
                writing = null;
            }
        });
        try {
            mine.thread.start();
        } catch (OutOfMemoryError e) {
            // There may be no more threads.
            writing = null;
            throw e;
        }
    }

    /**
     * Writes a state while the training waits, after what is being written.
     *
     * @return why it isn't kept; null if it is
     */
    String write(Position position, State state) {
        var request = board.requests().begin();
        if (!await()) {
            board.requests().failed();
            return folder.hangs(silence);
        }
        if (kept.step() == position.step()) {
            board.requests().kept(request);
            return null;
        }
        return write(position, state, request);
    }

    private String write(Position position, State state, String request) {
        long begun = System.nanoTime();
        try {
            var checkpoint = folder.write(state);
            lastWrite = Duration.ofNanos(System.nanoTime() - begun);
            kept(position.step(), checkpoint.uri());
            board.checkpoint(checkpoint);
            board.keeping(known -> new Progress.Keeping(
                    known.everySeconds(),
                    known.stallMillis(),
                    lastWrite.toNanos() / 1e6,
                    known.bytes(),
                    known.late(),
                    known.broken()));
            board.requests().kept(request);
            LOG.info("{} is kept in {}", position, checkpoint.uri());
            return null;
        } catch (IOException | RuntimeException e) {
            return notKept(position, e);
        } catch (OutOfMemoryError e) {
            // Of this thread's: what it asked for is free again, and the training's own memory is there already.
            return notKept(position, new IOException(e.toString(), e));
        }
    }

    private String notKept(Position position, Exception why) {
        var problem = why instanceof Failure failure ? failure.getMessage() : folder.cannotBeWritten(why);
        board.requests().failed();
        board.noCheckpoint(position + " is not kept: " + problem);
        LOG.warn("{} is not kept, and training goes on: {}", position, problem);
        return problem;
    }

    /**
     * Waits until nothing is being written beside the training.
     *
     * @return false if that hangs
     */
    boolean await() {
        for (var current = writing; current != null; current = writing) {
            if (hangs(current)) {
                return false;
            }
            try {
                current.thread.join(LOOK);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
            }
        }
        return true;
    }

    /** Tells of a write that hangs, if one does; costs next to nothing otherwise. */
    void look() {
        var current = writing;
        if (current != null && hangs(current) && !current.told) {
            current.told = true;
            var problem = current.position + " is not kept yet, and nothing newer: " + folder.hangs(silence);
            board.noCheckpoint(problem);
            LOG.warn("training goes on: {}", problem);
        }
    }

    /** A thread that waits for storage uses no processor time at all; one that is slow does. */
    private boolean hangs(Writing current) {
        long now = System.nanoTime();
        if (now - current.looked >= LOOK.toNanos()) {
            current.looked = now;
            long used = ManagementFactory.getThreadMXBean().getThreadCpuTime(current.thread.threadId());
            if (used != current.used) {
                current.used = used;
                current.usedAt = now;
            }
        }
        return now - current.usedAt >= silence.toNanos();
    }

    /** What is being written; looked at by the training thread. */
    private static final class Writing {
        private final Position position;
        private Thread thread;
        private long looked = System.nanoTime();
        private long used;
        private long usedAt = looked;
        private boolean told;

        private Writing(Position position) {
            this.position = position;
        }
    }
}
