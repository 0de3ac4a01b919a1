package dev.capstan.protocol;

import java.util.List;
import java.util.Map;

/**
 * How a worker ended: the last thing it writes, to the container's termination message.
 *
 * @param reason a CamelCase word for the job's condition
 * @param message a sentence for the user: which field or file, what was wrong, what would be right
 * @param artifact what was made; null except on rank 0 of a successful run
 * @param checkpoint the newest whole checkpoint that the worker knows of; null if there is none
 * @param compression what came of a compression, also if it isn't within the job's bounds, and there is no artifact for
 *     that reason; null on other ranks, and of other work
 * @param warnings what the user should know though the work is done, in sentences without an end; null if there is
 *     nothing
 */
public record Outcome(
        Reason reason,
        String message,
        Artifact artifact,
        Progress.Checkpoint checkpoint,
        Compression compression,
        List<String> warnings) {

    /** An outcome without warnings. */
    public Outcome(
            Reason reason, String message, Artifact artifact, Progress.Checkpoint checkpoint, Compression compression) {
        this(reason, message, artifact, checkpoint, compression, null);
    }

    /** An outcome of other work than a compression. */
    public Outcome(Reason reason, String message, Artifact artifact, Progress.Checkpoint checkpoint) {
        this(reason, message, artifact, checkpoint, null, null);
    }

    /** An outcome without a checkpoint. */
    public Outcome(Reason reason, String message, Artifact artifact) {
        this(reason, message, artifact, null, null, null);
    }

    /** Why a worker ended, and whether another attempt can help. */
    public enum Reason {
        /** The work is done. */
        Succeeded(0, false),
        /** A spare was asked to stop before it knew of a rank of its own. */
        NotNeeded(0, true),
        /** The job file or the data can't be used as they are; the user has to change something. */
        InvalidJob(10, false),
        /** The data can't be read as the format says. */
        InvalidData(11, false),
        /** The output can't be written where the job says, or something is there already. */
        OutputUnavailable(12, false),
        /** Loss or gradients became NaN or infinite. */
        Diverged(13, false),
        /** The Java heap or the native memory was too small. */
        OutOfMemory(14, false),
        /** The training samples aren't those any more that the state was trained on which is to be gone on from. */
        DataChanged(15, true),
        /** A peer was lost, or never came. */
        PeerLost(20, true),
        /** Asked to stop by SIGTERM. */
        Terminated(21, true),
        /** Storage didn't answer; it may do so later. */
        StorageUnavailable(22, true),
        /** Asked to stop, and the state could not be kept in the time that there was; the message says why. */
        StateNotKept(23, true),
        /** Asked to stop by SIGTERM when its peers were not: they go on with another in its place. */
        Left(24, true),
        /** Anything else: a defect of the worker or the machine. */
        WorkerError(30, true);

        private final int exitCode;
        private final boolean retryable;

        Reason(int exitCode, boolean retryable) {
            this.exitCode = exitCode;
            this.retryable = retryable;
        }

        /** The exit code of a worker that ends with this reason. */
        public int exitCode() {
            return exitCode;
        }

        /** Whether a new attempt of the same job could end differently. */
        public boolean retryable() {
            return retryable;
        }
    }

    /**
     * A trained or compressed model.
     *
     * @param uri where it lies, as the user names places
     * @param digest {@code sha256:} and 64 hex digits over the archive's bytes
     * @param sizeBytes length of the archive
     * @param metrics measured on the test data, by name: {@code accuracy}, {@code loss}
     * @param takenFrom the job that made it, such as {@code job team/mnist with UID …}, if this one has taken it as it
     *     lay there; null if it made it itself
     */
    public record Artifact(String uri, String digest, long sizeBytes, Map<String, Double> metrics, String takenFrom) {
        /** One that the job made itself. */
        public Artifact(String uri, String digest, long sizeBytes, Map<String, Double> metrics) {
            this(uri, digest, sizeBytes, metrics, null);
        }
    }
}
