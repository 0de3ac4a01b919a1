package dev.capstan.worker.checkpoint;

import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Json;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.protocol.Progress;
import dev.capstan.protocol.Work;
import dev.capstan.worker.artifact.DurableFile;
import dev.capstan.worker.artifact.FileDigest;
import dev.capstan.worker.outcome.Failure;
import dev.capstan.worker.storage.BoundedText;
import dev.capstan.worker.storage.Outage;
import dev.capstan.worker.storage.Volume;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The folder of a job's checkpoints, {@code STORAGE/UID}, with a folder {@code step-000000004000} for each. A
 * checkpoint gets its name only when all of it is on the disk, so that one with a name is whole whenever the machine
 * died.
 *
 * <p>An attempt that was given up may live on, on a node that nobody reaches, and come as far as the one that took its
 * place. So an attempt takes no other's checkpoint for its own, but puts its own beside it,
 * {@code step-000000004000-attempt-2}; it removes nothing of a later attempt's; and what counts when the next one
 * begins is what the job's status lists, and what the attempt before it has left.
 */
public final class CheckpointFolder {
    private static final Logger LOG = LoggerFactory.getLogger(CheckpointFolder.class);
    private static final Pattern STEP = Pattern.compile("step-([0-9]{12,18})(?:-attempt-[0-9]+)?");
    private static final Pattern TEMPORARY = Pattern.compile("\\.capstan-([0-9]{1,9})-.*");

    private final JobFile job;
    private final Clock clock;
    private final Path folder;
    private final String uri;

    /**
     * @param job whose checkpoints they are
     * @param clock tells when each was written
     */
    public CheckpointFolder(JobFile job, Clock clock) {
        this.job = job;
        this.clock = clock;
        folder = Path.of(job.checkpoints().path()).resolve(job.job().uid());
        var storage = job.checkpoints().uri();
        uri = (storage.endsWith("/") ? storage : storage + "/") + job.job().uid();
    }

    /**
     * Makes the folder if need be, finds out whether it can be written, and removes what earlier attempts left half
     * written. For rank 0, before any work is done: who learns it at the first checkpoint has lost hours.
     *
     * @throws Failure OutputUnavailable if it can't be written; StorageUnavailable if that may pass
     */
    public void prepare() {
        try {
            Files.createDirectories(folder);
            removeLeftovers();
            var probe = temporary("probe");
            Files.writeString(probe, "written to find out whether this folder can be written");
            Files.delete(probe);
        } catch (IOException e) {
            throw new Failure(Outage.or(Reason.OutputUnavailable, e), cannotBeWritten(e), e);
        }
    }

    private void removeLeftovers() throws IOException {
        for (var leftover : Volume.list(folder, ".capstan-*")) {
            var name = leftover.getFileName().toString();
            var attempt = TEMPORARY.matcher(name);
            if (attempt.matches()
                    && Integer.parseInt(attempt.group(1)) <= job.job().attempt()) {
                // Renamed first: who still writes there must not give half of it a checkpoint's name.
                var gone = temporary("gone-" + UUID.randomUUID());
                Files.move(leftover, gone, StandardCopyOption.ATOMIC_MOVE);
                delete(gone);
            }
        }
    }

    /** What to say when a checkpoint could not be written. */
    public String cannotBeWritten(Exception e) {
        return "checkpoint.storage " + job.checkpoints().uri() + " ("
                + job.checkpoints().path() + " in the pod) can't be written: " + e
                + "; it needs a volume with free space that the worker's user may write to";
    }

    /**
     * The newest whole checkpoint that counts; others, and broken ones, are told of in the log and passed over.
     *
     * @param recipe digest of the job's model, data and training
     * @param data digest of the training samples
     * @throws Failure OutputUnavailable if the newest is of another recipe, InvalidData if the training samples have
     *     changed since, StorageUnavailable if the storage fails
     */
    public Optional<Checkpoint> newest(String recipe, String data) {
        try {
            if (!Volume.isFolder(folder)) {
                return Optional.empty();
            }
            for (var step : latestFirst(steps())) {
                try {
                    var checkpoint = read(step);
                    if (counts(checkpoint)) {
                        check(checkpoint, recipe, data);
                        return Optional.of(checkpoint);
                    }
                } catch (IOException | IllegalArgumentException e) {
                    checkIsBroken(step, e, "passed over");
                }
            }
            return Optional.empty();
        } catch (IOException e) {
            throw new Failure(Outage.or(Reason.WorkerError, e), "checkpoints in " + uri + " can't be read: " + e, e);
        }
    }

    /** By attempts first: what an attempt writes that was given up long ago is newer by its steps alone. */
    private static List<Path> latestFirst(List<Path> steps) throws IOException {
        var attempts = new HashMap<Path, Integer>();
        for (var step : steps) {
            attempts.put(step, attempt(step));
        }
        return steps.stream()
                .sorted(Comparator.<Path>comparingInt(attempts::get)
                        .thenComparingLong(CheckpointFolder::step)
                        .reversed())
                .toList();
    }

    /** The attempt that wrote it, if it can be read; who reads it whole finds out what is wrong. */
    private static int attempt(Path step) throws IOException {
        try {
            var job = description(step).job();
            return job == null ? 0 : job.attempt();
        } catch (NoSuchFileException | CharacterCodingException | IllegalArgumentException e) {
            return 0;
        }
    }

    private static Description description(Path step) throws IOException {
        return Json.read(BoundedText.of(step.resolve(Checkpoint.DESCRIPTION), BoundedText.SHORT), Description.class);
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
    private void checkIsBroken(Path step, Exception problem, String consequence) throws IOException {
        if (problem instanceof IOException failed
                && !(failed instanceof NoSuchFileException || failed instanceof CharacterCodingException)) {
            throw failed;
        }
        LOG.warn("checkpoint {} is broken and {}: {}", uri(step), consequence, problem.getMessage());
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
        if (!data.equals(state.data())) {
            throw new Failure(
                    Reason.InvalidData,
                    "data.train: " + train() + " has changed since checkpoint "
                            + checkpoint.shown().uri() + " was written (" + data + ", not " + state.data()
                            + "); put the samples back, or remove the checkpoint to start anew");
        }
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
                                    + "; checkpoint.storage needs a volume that all workers see alike",
                            e);
                }
                pause();
            }
        }
    }

    private Checkpoint at(long step, String digest) throws IOException {
        var found = new ArrayList<String>();
        for (var each : Volume.isFolder(folder) ? steps() : List.<Path>of()) {
            if (step(each) == step) {
                var checkpoint = read(each);
                if (checkpoint.shown().digest().equals(digest)) {
                    return checkpoint;
                }
                found.add(checkpoint.shown().digest());
            }
        }
        if (found.isEmpty()) {
            throw new NoSuchFileException(folder.resolve(name(step)).toString());
        }
        throw new IllegalArgumentException("its digest is " + String.join(" or ", found) + ", not " + digest);
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
        try {
            Files.deleteIfExists(folder);
            Files.deleteIfExists(folder.getParent());
        } catch (IOException e) {
            LOG.debug("left as it is, because it is in use: {}", e.getMessage());
        }
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

    /** Writes a checkpoint, verifies it, and removes older ones beyond those that are to be kept. */
    public Checkpoint write(State state) throws IOException {
        var mine = state.description();
        var whole = folder.resolve(name(mine.step()));
        var there = inPlaceOf(whole);
        if (there.isPresent() && !sameOrigin(there.get().description(), mine)) {
            whole = folder.resolve(beside(mine.step()));
            there = inPlaceOf(whole);
        }
        if (there.isPresent()) {
            return there.get();
        }
        var half = temporary(name(mine.step()));
        try {
            Files.createDirectories(half);
            fill(half, state);
            Files.move(half, whole, StandardCopyOption.ATOMIC_MOVE);
            DurableFile.syncFolder(folder);
        } catch (IOException e) {
            // Its room may be what the next one needs.
            delete(half);
            throw e;
        }
        var written = read(whole);
        prune(whole);
        return written;
    }

    /** The whole checkpoint of that name; a broken one is removed. */
    private Optional<Checkpoint> inPlaceOf(Path whole) throws IOException {
        if (!Volume.exists(whole)) {
            return Optional.empty();
        }
        try {
            return Optional.of(read(whole));
        } catch (IOException | IllegalArgumentException e) {
            checkIsBroken(whole, e, "written anew");
            delete(whole);
            return Optional.empty();
        }
    }

    /** Whether a checkpoint is what this attempt would write itself: another world rounds otherwise. */
    private static boolean sameOrigin(Description there, Description mine) {
        return mine.job().equals(there.job())
                && mine.workers() == there.workers()
                && mine.recipe().equals(there.recipe())
                && mine.data().equals(there.data());
    }

    private void fill(Path half, State state) throws IOException {
        for (var part : state.parts().entrySet()) {
            DurableFile.write(half.resolve(part.getKey()), part.getValue());
        }
        var digests = new TreeMap<String, String>();
        for (var file : Volume.list(half, "*")) {
            digests.put(file.getFileName().toString(), FileDigest.of(file));
        }
        DurableFile.write(
                half.resolve(Checkpoint.CONTENTS),
                Json.write(new Contents(
                        Description.VERSION, digests, clock.instant().toString())));
        DurableFile.syncFolder(half);
    }

    /** Removes the oldest; what is newer than the one just written is another's, and none of ours to judge. */
    private void prune(Path written) throws IOException {
        var before = new ArrayList<Path>();
        for (var step : steps()) {
            if (!step.equals(written)
                    && step(step) <= step(written)
                    && attempt(step) <= job.job().attempt()) {
                before.add(step);
            }
        }
        var older = latestFirst(before);
        for (var step : older.subList(Math.min(older.size(), job.checkpoints().keep() - 1), older.size())) {
            // Renamed first: a checkpoint that is half removed must not look like a broken one.
            var gone = temporary("gone-" + step.getFileName());
            Files.move(step, gone, StandardCopyOption.ATOMIC_MOVE);
            delete(gone);
        }
    }

    private Checkpoint read(Path step) throws IOException {
        var text = BoundedText.of(step.resolve(Checkpoint.CONTENTS), BoundedText.SHORT);
        var contents = Json.read(text, Contents.class);
        if (contents.version() != Description.VERSION || contents.files() == null) {
            throw new IllegalArgumentException("its version is " + contents.version() + ", not " + Description.VERSION);
        }
        if (!contents.files().containsKey(Checkpoint.DESCRIPTION)) {
            throw new IllegalArgumentException(
                    "its " + Checkpoint.CONTENTS + " doesn't name " + Checkpoint.DESCRIPTION);
        }
        for (var file : contents.files().entrySet()) {
            if (!FileDigest.of(step.resolve(file.getKey())).equals(file.getValue())) {
                throw new IllegalArgumentException(file.getKey() + " is not as it was written");
            }
        }
        var description = description(step);
        return new Checkpoint(
                step,
                description,
                new Progress.Checkpoint(description.step(), uri(step), FileDigest.of(text), contents.created()));
    }

    private String uri(Path step) {
        return uri + "/" + step.getFileName();
    }

    private static long step(Path folder) {
        var name = STEP.matcher(folder.getFileName().toString());
        if (!name.matches()) {
            throw new IllegalArgumentException(folder + " is no checkpoint's");
        }
        return Long.parseLong(name.group(1));
    }

    private static String name(long step) {
        return String.format(Locale.ROOT, "step-%012d", step);
    }

    /** A name of this attempt alone, so that one which lingers on a lost node disturbs nobody. */
    private Path temporary(String name) {
        return folder.resolve(".capstan-" + job.job().attempt() + "-" + name);
    }

    /** The checkpoints' folders; somebody may have put other things beside them. */
    private List<Path> steps() throws IOException {
        var steps = new ArrayList<Path>();
        for (var path : Volume.list(folder, "step-*")) {
            if (STEP.matcher(path.getFileName().toString()).matches() && Volume.isFolder(path)) {
                steps.add(path);
            }
        }
        return steps;
    }

    private static void delete(Path path) throws IOException {
        if (Volume.isFolder(path)) {
            for (var file : Volume.list(path, "*")) {
                Files.delete(file);
            }
        }
        Files.deleteIfExists(path);
    }
}
