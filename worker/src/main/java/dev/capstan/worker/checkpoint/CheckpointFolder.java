package dev.capstan.worker.checkpoint;

import dev.capstan.protocol.Contract;
import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.protocol.Progress;
import dev.capstan.protocol.Work;
import dev.capstan.worker.outcome.Failure;
import dev.capstan.worker.storage.Full;
import dev.capstan.worker.storage.Outage;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The folder of a job's checkpoints, {@code STORAGE/UID}, with a folder {@code step-000000004000} for each; how a
 * checkpoint gets there all or not at all is its {@link Shelf}'s to know. Which one counts, and which go, is decided
 * here.
 *
 * <p>An attempt that was given up may live on, on a node that nobody reaches, and come as far as the one that took its
 * place. So an attempt takes no other's checkpoint for its own, but puts its own beside it,
 * {@code step-000000004000-attempt-2}; it removes nothing of a later attempt's; and what counts when the next one
 * begins is what the job's status lists, and what the attempt before it has left.
 */
public final class CheckpointFolder {
    private static final Logger LOG = LoggerFactory.getLogger(CheckpointFolder.class);
    static final Pattern STEP = Pattern.compile("step-([0-9]{12,18})(?:-attempt-([0-9]{1,9}))?");

    private final JobFile job;
    private final Clock clock;
    private final Shelf shelf;
    private final String uri;
    private final Path scratch;
    /** What was found that isn't as it was written, and passed over. */
    private final List<String> passedOver = new ArrayList<>();

    /**
     * @param job whose checkpoints they are
     * @param scratch where a checkpoint that lies in a bucket is fetched to
     * @param clock tells when each was written
     */
    public CheckpointFolder(JobFile job, Path scratch, Clock clock) {
        this.job = job;
        this.clock = clock;
        this.scratch = scratch;
        var storage = job.checkpoints().uri();
        uri = (storage.endsWith("/") ? storage : storage + "/") + job.job().uid();
        shelf = job.checkpoints().s3() == null ? new VolumeShelf(job, uri) : BucketShelf.of(job, uri, scratch);
    }

    /**
     * Makes the folder if need be, finds out whether it can be written, and removes what earlier attempts left half
     * written. For rank 0, before any work is done: who learns it at the first checkpoint has lost hours.
     *
     * @throws Failure OutputUnavailable if it can't be written; StorageUnavailable if that may pass
     */
    public void prepare() {
        try {
            shelf.prepare();
        } catch (IOException e) {
            throw new Failure(
                    Full.causes(e) ? Reason.StorageUnavailable : Outage.or(Reason.OutputUnavailable, e),
                    cannotBeWritten(e),
                    e);
        }
    }

    /** What to say when a checkpoint could not be written. */
    public String cannotBeWritten(Exception e) {
        return "checkpoint.storage " + job.checkpoints().uri() + shelf.inThePod() + " can't be written: " + e
                + shelf.needs();
    }

    /** What to say of a write that gets nowhere. */
    public String hangs(Duration silence) {
        return "checkpoint.storage " + job.checkpoints().uri() + shelf.inThePod() + " hasn't answered for "
                + silence.toSeconds() + " s: a read or write of it hangs, as on an NFS volume whose server is away";
    }

    /**
     * The newest whole checkpoint that counts; others, and broken ones, are told of in the log and passed over.
     *
     * @param recipe digest of the job's model, data and training
     * @param data digest of the training samples
     * @throws Failure OutputUnavailable if the newest is of another recipe, DataChanged if the training samples have
     *     changed since, StorageUnavailable if the storage fails
     */
    public Optional<Checkpoint> newest(String recipe, String data) {
        try {
            for (var step : latestFirst(steps(), Integer.MAX_VALUE)) {
                try {
                    var checkpoint = shelf.read(step);
                    if (counts(checkpoint)) {
                        check(checkpoint, recipe, data);
                        return Optional.of(checkpoint);
                    }
                } catch (IOException | IllegalArgumentException e) {
                    checkIsBroken(step, e, "passed over");
                    passedOver.add(shelf.uri(step) + ": "
                            + (e instanceof NoSuchFileException ? "it lacks " + e.getMessage() : e.getMessage()));
                }
            }
            return earlier(recipe, data);
        } catch (IOException e) {
            throw new Failure(Outage.or(Reason.WorkerError, e), "checkpoints in " + uri + " can't be read: " + e, e);
        }
    }

    /** Another job's, where this one is told to begin with it. */
    private Optional<Checkpoint> earlier(String recipe, String data) {
        if (job.checkpoints().resumeFrom() == null) {
            return Optional.empty();
        }
        var found = new EarlierCheckpoint(job, scratch).read(recipe);
        check(found, recipe, data);
        return Optional.of(found);
    }

    /** Which ones {@link #newest} has found broken, each with what is wrong with it. */
    public List<String> passedOver() {
        return List.copyOf(passedOver);
    }

    /** The checkpoints' names. One that the status lists is looked for, even where lists are behind the times. */
    private List<String> steps() throws IOException {
        var steps = new ArrayList<>(shelf.names());
        var listed = job.checkpoints().listed();
        for (var each : listed == null ? List.<Progress.Checkpoint>of() : listed) {
            var name = each.uri() == null ? "" : each.uri().substring(each.uri().lastIndexOf('/') + 1);
            if (STEP.matcher(name).matches() && shelf.uri(name).equals(each.uri()) && !steps.contains(name)) {
                steps.add(name);
            }
        }
        return steps;
    }

    /**
     * By attempts first: what an attempt writes that was given up long ago is newer by its steps alone.
     *
     * @param unknown the attempt of what doesn't tell its own, since it is broken
     */
    private List<String> latestFirst(List<String> steps, int unknown) throws IOException {
        var attempts = new HashMap<String, Integer>();
        for (var step : steps) {
            attempts.put(step, attempt(step, unknown));
        }
        return steps.stream()
                .sorted(Comparator.<String>comparingInt(attempts::get)
                        .thenComparingLong(CheckpointFolder::step)
                        .reversed())
                .toList();
    }

    /** The attempt that wrote it, if it can be read; who reads it whole finds out what is wrong. */
    private int attempt(String step, int unknown) throws IOException {
        try {
            var job = shelf.description(step).job();
            return job == null ? unknown : job.attempt();
        } catch (NoSuchFileException | CharacterCodingException | IllegalArgumentException e) {
            return unknown;
        }
    }

    /**
     * Whether the training may go on from it. The status lists the newest that the operator has heard of, and what came
     * before it was listed once; of newer ones, those of the attempt before this one count, whose last words may have
     * been lost with its node.
     */
    private boolean counts(Checkpoint checkpoint) {
        var writer = checkpoint.description().job();
        var uri = checkpoint.shown().uri();
        if (writer == null || !job.job().uid().equals(writer.uid())) {
            LOG.warn("checkpoint {} is another job's and passed over", uri);
            return false;
        }
        var listed = job.checkpoints().listed();
        if (listed == null
                || writer.attempt() >= job.job().attempt() - 1
                || listed.stream()
                        .anyMatch(each -> each.digest()
                                        .equals(checkpoint.shown().digest())
                                || each.step() > checkpoint.description().step())) {
            return true;
        }
        LOG.warn("checkpoint {} of attempt {} is passed over: the job's status doesn't list it", uri, writer.attempt());
        return false;
    }

    /** What can't be read, now or by this worker, may be whole: to go on without it would lose what it holds. */
    private void checkIsBroken(String step, Exception problem, String consequence) throws IOException {
        if (problem instanceof IOException failed
                && !(failed instanceof NoSuchFileException || failed instanceof CharacterCodingException)) {
            throw failed;
        }
        LOG.warn("checkpoint {} is broken and {}: {}", shelf.uri(step), consequence, problem.getMessage());
    }

    private void check(Checkpoint checkpoint, String recipe, String data) {
        var state = checkpoint.description();
        if (!recipe.equals(state.recipe())) {
            throw new Failure(
                    Reason.OutputUnavailable,
                    "checkpoint " + checkpoint.shown().uri() + " is of another recipe: model, data or training of job "
                            + state.job().namespace() + "/" + state.job().name() + ", which wrote it, differ from this"
                            + " job's; move it away, or choose another checkpoint.storage");
        }
        if (!data.equals(state.data()) && !data.equals(job.checkpoints().acceptedData())) {
            throw new Failure(
                    Reason.DataChanged,
                    "data.train: " + train() + " has changed since checkpoint "
                            + checkpoint.shown().uri() + " was written (its samples are " + data + " now, and were "
                            + state.data() + "). Put the samples back, or go on from the checkpoint with those that"
                            + " are there now: kubectl annotate --overwrite --namespace="
                            + job.job().namespace() + " " + kind() + " "
                            + job.job().name() + " "
                            + Contract.ACCEPT_DATA + "=" + data);
        }
        if (!data.equals(state.data())) {
            LOG.warn(
                    "data.train has changed since checkpoint {} was written, and is gone on with as {} says",
                    checkpoint.shown().uri(),
                    Contract.ACCEPT_DATA);
        }
    }

    private String kind() {
        return switch (job.work()) {
            case Work.Train train -> "trainingjob";
            case Work.Compress compress -> "compressionjob";
        };
    }

    /** Of a job that has training samples: one without is of another recipe than one with them. */
    private String train() {
        var data = switch (job.work()) {
            case Work.Train train -> train.data();
            case Work.Compress compress -> compress.data();
        };
        return data.train().place().uri();
    }

    /**
     * The checkpoint that rank 0 goes on from, on another rank.
     *
     * @param patience how long it may take to be seen here
     * @throws Failure OutputUnavailable if this rank doesn't see the same one, StorageUnavailable if its storage fails
     */
    public Checkpoint at(long step, String digest, Duration patience) {
        long deadline = System.nanoTime() + patience.toNanos();
        while (true) {
            try {
                return at(step, digest);
            } catch (IOException | IllegalArgumentException e) {
                if (System.nanoTime() > deadline) {
                    throw new Failure(
                            Outage.or(Reason.OutputUnavailable, e),
                            "checkpoint " + uri(step) + ", which rank 0 goes on from, can't be read here: " + e
                                    + shelf.needsOfOthers(),
                            e);
                }
                pause();
            }
        }
    }

    private Checkpoint at(long step, String digest) throws IOException {
        var found = new ArrayList<String>();
        for (var each : steps()) {
            if (step(each) == step) {
                var checkpoint = shelf.read(each);
                if (checkpoint.shown().digest().equals(digest)) {
                    return checkpoint;
                }
                found.add(checkpoint.shown().digest());
            }
        }
        var earlier = earlier(step, digest);
        if (earlier.isPresent()) {
            return earlier.get();
        }
        if (found.isEmpty()) {
            throw new NoSuchFileException(shelf.uri(name(step)));
        }
        throw new IllegalArgumentException("its digest is " + String.join(" or ", found) + ", not " + digest);
    }

    private Optional<Checkpoint> earlier(long step, String digest) throws IOException {
        if (job.checkpoints().resumeFrom() == null) {
            return Optional.empty();
        }
        return new EarlierCheckpoint(job, scratch)
                .there()
                .filter(found -> found.description().step() == step
                        && found.shown().digest().equals(digest));
    }

    private static void pause() {
        try {
            Thread.sleep(500);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Failure(Reason.WorkerError, "interrupted while waiting for a checkpoint", e);
        }
    }

    /** Removes the folders that {@link #prepare} made, where nothing has come into them. */
    public void tidy() {
        shelf.tidy();
    }

    /** A step's checkpoint, as the user names places. */
    public String uri(long step) {
        return uri + "/" + name(step);
    }

    /** This attempt's, where another attempt has one of the same step. */
    public String uriBeside(long step) {
        return uri + "/" + beside(step);
    }

    private String beside(long step) {
        return name(step) + "-attempt-" + job.job().attempt();
    }

    /**
     * Writes a checkpoint, verifies it, and removes older ones beyond those that are to be kept.
     *
     * @return it as the operator tells of it; one that is there already if this attempt has written it
     */
    public Progress.Checkpoint write(State state) throws IOException {
        var mine = state.description();
        var whole = shelf.sharesNames() ? name(mine.step()) : beside(mine.step());
        var there = inPlaceOf(whole);
        if (there.isPresent() && !sameOrigin(there.get().description(), mine)) {
            whole = beside(mine.step());
            there = inPlaceOf(whole);
        }
        if (there.isPresent()) {
            return there.get().shown();
        }
        var written = shelf.write(whole, state, clock);
        try {
            prune(whole);
        } catch (IOException e) {
            // What is whole is kept; that it takes more room than it should is no reason to say it isn't.
            LOG.warn("older checkpoints in {} could not be removed: {}", uri, e.getMessage());
        }
        return written;
    }

    /** The whole checkpoint of that name; a broken one is removed. */
    private Optional<Checkpoint> inPlaceOf(String whole) throws IOException {
        if (!shelf.exists(whole)) {
            return Optional.empty();
        }
        try {
            return Optional.of(shelf.read(whole));
        } catch (IOException | IllegalArgumentException e) {
            checkIsBroken(whole, e, "written anew");
            shelf.remove(whole);
            return Optional.empty();
        }
    }

    /** Whether a checkpoint is what this attempt would write itself: another world rounds otherwise. */
    private static boolean sameOrigin(Description there, Description mine) {
        return mine.job().equals(there.job())
                && mine.workers() == there.workers()
                && mine.recipe().equals(there.recipe())
                && mine.data().equals(there.data())
                && mine.engine() == there.engine()
                && Objects.equals(mine.threads(), there.threads());
    }

    /** Removes the oldest; what is newer than the one just written is another's, and none of ours to judge. */
    private void prune(String written) throws IOException {
        var before = new ArrayList<String>();
        for (var step : shelf.names()) {
            if (!step.equals(written)
                    && step(step) <= step(written)
                    && attempt(step, 0) <= job.job().attempt()) {
                before.add(step);
            }
        }
        var older = latestFirst(before, 0);
        for (var step : older.subList(Math.min(older.size(), job.checkpoints().keep() - 1), older.size())) {
            shelf.remove(step);
        }
    }

    private static long step(String name) {
        var step = STEP.matcher(name);
        if (!step.matches()) {
            throw new IllegalArgumentException(name + " is no checkpoint's");
        }
        return Long.parseLong(step.group(1));
    }

    private static String name(long step) {
        return String.format(Locale.ROOT, "step-%012d", step);
    }
}
