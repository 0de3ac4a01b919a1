package dev.capstan.worker.checkpoint;

import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.outcome.Failure;
import dev.capstan.worker.storage.Outage;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;

/** The checkpoint of another job that this one is told to begin with. */
final class EarlierCheckpoint {
    static final String FIELD = "checkpoint.resumeFrom";

    private final JobFile.From from;
    private final String name;
    private final Shelf shelf;

    /** @throws Failure InvalidJob if that can't be the folder of a checkpoint */
    EarlierCheckpoint(JobFile job, Path scratch) {
        from = job.checkpoints().resumeFrom();
        var uri = from.place().uri();
        int slash = uri.lastIndexOf('/');
        name = uri.substring(slash + 1);
        if (!CheckpointFolder.STEP.matcher(name).matches()) {
            throw new Failure(
                    Reason.InvalidJob,
                    FIELD + " " + uri
                            + " isn't the folder of one checkpoint, whose name is step- and 12 digits, such as"
                            + " step-000000004000");
        }
        var folder = uri.substring(0, slash);
        shelf = from.place().s3() == null
                ? new VolumeShelf(job, folder, Path.of(from.place().path()).getParent())
                : BucketShelf.earlier(job, folder, from.place().s3(), scratch);
    }

    /** The checkpoint, if it can be seen. */
    Optional<Checkpoint> there() throws IOException {
        try {
            return Optional.of(shelf.read(name));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    /**
     * The checkpoint, each file of which has the digest that it was written with.
     *
     * @param recipe digest of the job's model, data and training
     * @throws Failure InvalidJob if it isn't whole, isn't the one with the digest that the job names, or is of another
     *     recipe; StorageUnavailable if the storage fails
     */
    Checkpoint read(String recipe) {
        Checkpoint found;
        try {
            found = shelf.read(name);
        } catch (IOException | IllegalArgumentException e) {
            throw new Failure(
                    Outage.or(Reason.InvalidJob, e),
                    FIELD + " " + from.place().uri() + " can't be gone on from: " + e.getMessage()
                            + "; name a checkpoint that is there and whole, as status.lastCheckpoint of the job that"
                            + " wrote it does",
                    e);
        }
        var digest = found.shown().digest();
        if (from.digest() != null && !from.digest().equals(digest)) {
            throw new Failure(
                    Reason.InvalidJob,
                    FIELD + " " + from.place().uri() + " has the digest " + digest + ", and " + FIELD + ".digest is "
                            + from.digest());
        }
        if (!recipe.equals(found.description().recipe())) {
            var writer = found.description().job();
            throw new Failure(
                    Reason.InvalidJob,
                    FIELD + " " + from.place().uri() + " is of another recipe: model, data or training of job "
                            + (writer == null ? "?" : writer.namespace() + "/" + writer.name())
                            + ", which wrote it, differ from this job's");
        }
        return found;
    }
}
