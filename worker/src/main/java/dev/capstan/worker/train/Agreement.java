package dev.capstan.worker.train;

import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Json;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.protocol.Progress;
import dev.capstan.protocol.Training;
import dev.capstan.worker.outcome.Failure;
import dev.capstan.worker.ring.Collectives;
import dev.capstan.worker.step.Engine;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * What all ranks must have in common before they train. Gradients of different data or models would add up without an
 * error, to a model that nobody asked for.
 *
 * @param software SHA-256 of the worker's version
 * @param job SHA-256 of the job file's content
 * @param samples number of training samples
 * @param data SHA-256 of the training samples
 * @param test SHA-256 of what the trained model is measured on; zeros if there is nothing
 * @param parameters checksum of the initial parameters
 * @param finished whether rank 0 has found the artifact, so that nothing is to be trained
 * @param resumed step of the checkpoint from which training goes on; -1 for none. Only rank 0 looks
 * @param checkpoint SHA-256 of that checkpoint's manifest
 * @param engine what computes; only rank 0 decides. Null of work that isn't a training
 * @param threads that compute on each rank; likewise
 */
public record Agreement(
        byte[] software,
        byte[] job,
        long samples,
        byte[] data,
        byte[] test,
        long parameters,
        boolean finished,
        long resumed,
        byte[] checkpoint,
        Training.Engine engine,
        int threads) {
    private static final int DIGEST = 32;
    private static final String PREFIX = "sha256:";

    /** Length of what {@link #encode} makes. */
    static final int BYTES = 5 * DIGEST + 3 * Long.BYTES + 2 + Integer.BYTES;

    /** What a rank has that is ready to train. */
    public static Agreement ready(String version, JobFile job, long samples, byte[] data, Engine engine) {
        return ready(
                version, job, samples, data, Replicas.checksum(engine.stage().parameters()));
    }

    /** What a rank has whose model is only known by its digest. */
    public static Agreement ready(String version, JobFile job, long samples, byte[] data, String model) {
        return ready(version, job, samples, data, ByteBuffer.wrap(sha256(model)).getLong());
    }

    private static Agreement ready(String version, JobFile job, long samples, byte[] data, long parameters) {
        return new Agreement(
                sha256(version),
                sha256(Json.write(job)),
                samples,
                data,
                new byte[DIGEST],
                parameters,
                false,
                -1,
                new byte[DIGEST],
                null,
                1);
    }

    /**
     * The same, of a rank that is to measure the trained model.
     *
     * @param digest of the test samples, {@code sha256:} and 64 hex digits; null if there are none
     */
    public Agreement testedOn(String digest) {
        var other = digest == null ? new byte[DIGEST] : bytes(digest);
        return new Agreement(
                software, job, samples, data, other, parameters, finished, resumed, checkpoint, engine, threads);
    }

    private static byte[] bytes(String digest) {
        return HexFormat.of().parseHex(digest.substring(PREFIX.length()));
    }

    /** The same, of rank 0 that has decided what computes. */
    public Agreement by(Training.Engine decided, int itsThreads) {
        return new Agreement(
                software, job, samples, data, test, parameters, finished, resumed, checkpoint, decided, itsThreads);
    }

    /** The same, of rank 0 that found a checkpoint. */
    public Agreement resuming(Progress.Checkpoint from) {
        return new Agreement(
                software,
                job,
                samples,
                data,
                test,
                parameters,
                false,
                from.step(),
                bytes(from.digest()),
                engine,
                threads);
    }

    /** The same, of rank 0 that found the artifact. */
    public Agreement done() {
        return new Agreement(
                software, job, samples, data, test, parameters, true, -1, new byte[DIGEST], engine, threads);
    }

    /** The digest of the checkpoint's manifest, as messages show it. */
    public String checkpointDigest() {
        return PREFIX + HexFormat.of().formatHex(checkpoint);
    }

    /**
     * Compares this rank's with all others'.
     *
     * @param patience how long the slowest rank may take to load its data
     * @return what rank 0 has: the others go on from the checkpoint that it found, or end as it does
     * @throws Failure InvalidData if a rank has other data, WorkerError if it has another job or worker version; the
     *     sentence names the rank
     */
    public Agreement agree(Collectives ring, Duration patience) {
        var all = ring.allGather(encode(), patience).stream()
                .map(Agreement::decode)
                .toList();
        var first = all.getFirst();
        for (int rank = 1; rank < all.size(); rank++) {
            first.check(0, rank, all.get(rank));
        }
        return first;
    }

    /**
     * Compares what a rank has with what another has.
     *
     * @param mine the rank whose this is
     */
    void check(int mine, int rank, Agreement other) {
        if (!Arrays.equals(software, other.software)) {
            throw new Failure(
                    Reason.WorkerError,
                    "rank " + rank
                            + " runs another version of the worker than rank " + mine
                            + "; all workers need the same image");
        }
        if (!Arrays.equals(job, other.job)) {
            throw new Failure(
                    Reason.WorkerError,
                    "rank " + rank + " has another job file than rank " + mine + " (" + hex(other.job) + ", not "
                            + hex(job) + ")");
        }
        if (samples != other.samples || !Arrays.equals(data, other.data)) {
            throw new Failure(
                    Reason.InvalidData,
                    "data.train: rank " + rank + " has " + other.samples + " samples (" + hex(other.data) + "), rank "
                            + mine + " has " + samples + " (" + hex(data) + "); all workers must see the same files");
        }
        if (!Arrays.equals(test, other.test)) {
            throw new Failure(
                    Reason.InvalidData,
                    "data.test: rank " + rank + " has other samples (" + hex(other.test) + ") than rank " + mine + " ("
                            + hex(test) + "); all workers must see the same files");
        }
        if (parameters != other.parameters) {
            throw new Failure(
                    Reason.WorkerError,
                    "rank " + rank
                            + " drew other initial weights than rank " + mine
                            + ", from the same seed; the workers' machines"
                            + " compute differently");
        }
    }

    byte[] encode() {
        return ByteBuffer.allocate(BYTES)
                .put(software)
                .put(job)
                .putLong(samples)
                .put(data)
                .put(test)
                .putLong(parameters)
                .put((byte) (finished ? 1 : 0))
                .putLong(resumed)
                .put(checkpoint)
                .put((byte) (engine == null ? -1 : engine.ordinal()))
                .putInt(threads)
                .array();
    }

    static Agreement decode(byte[] bytes) {
        var in = ByteBuffer.wrap(bytes);
        return new Agreement(
                digest(in),
                digest(in),
                in.getLong(),
                digest(in),
                digest(in),
                in.getLong(),
                in.get() != 0,
                in.getLong(),
                digest(in),
                engine(in.get()),
                in.getInt());
    }

    private static Training.Engine engine(byte place) {
        return place < 0 ? null : Training.Engine.values()[place];
    }

    private static byte[] digest(ByteBuffer in) {
        var bytes = new byte[DIGEST];
        in.get(bytes);
        return bytes;
    }

    private static String hex(byte[] digest) {
        return PREFIX + HexFormat.of().formatHex(digest, 0, 6) + "…";
    }

    private static byte[] sha256(String text) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }
}
