package dev.capstan.worker.artifact;

import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Json;
import dev.capstan.protocol.Outcome.Artifact;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.outcome.Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The folder that a job writes its artifact into: {@code model.zip}, {@code metrics.json} and, last of all,
 * {@code manifest.json}. A file gets its name only when it is whole and on the disk.
 */
public final class OutputFolder {
    static final String MODEL = "model.zip";
    static final String METRICS = "metrics.json";
    static final String MANIFEST = "manifest.json";

    private static final Logger LOG = LoggerFactory.getLogger(OutputFolder.class);

    private final JobFile job;
    private final Path folder;
    private Optional<Artifact> finished = Optional.empty();

    private OutputFolder(JobFile job) {
        this.job = job;
        folder = Path.of(job.output().path());
    }

    /**
     * Makes the folder if need be and finds out, before any work is done, whether the artifact can be written there.
     *
     * @throws Failure OutputUnavailable if it can't, or if another job's artifact is there; the sentence says what to
     *     do
     */
    public static OutputFolder open(JobFile job) {
        var output = new OutputFolder(job);
        try {
            Files.createDirectories(output.folder);
            output.removeLeftovers();
            var probe = output.temporary("probe");
            Files.writeString(probe, "written to find out whether this folder can be written");
            Files.delete(probe);
            output.finished = output.findFinished();
        } catch (IOException e) {
            throw output.unavailable(e);
        }
        return output;
    }

    /** The artifact, if an earlier attempt of this very job has finished it already. */
    public Optional<Artifact> finished() {
        return finished;
    }

    /** Where the artifact goes, as the user names it. */
    String uri() {
        return job.output().uri();
    }

    Path file(String name) {
        return folder.resolve(name);
    }

    /** A file of this attempt alone, so that one which lingers on a lost node disturbs nobody. */
    Path temporary(String name) {
        return folder.resolve(".capstan-" + job.job().uid() + "-" + job.job().attempt() + "-" + name);
    }

    Failure unavailable(IOException e) {
        return new Failure(
                Reason.OutputUnavailable,
                "output " + uri() + " (" + folder + " in the pod) can't be written: " + e
                        + "; it needs a volume with free space that the worker's user may write to",
                e);
    }

    /** Refuses a folder in which another job has finished since this one looked. */
    void checkStillFree() throws IOException {
        if (Files.exists(file(MANIFEST))) {
            checkOwner(manifest());
        }
    }

    private Manifest manifest() throws IOException {
        try {
            return Json.read(Files.readString(file(MANIFEST)), Manifest.class);
        } catch (IllegalArgumentException e) {
            throw new Failure(
                    Reason.OutputUnavailable,
                    "output " + uri() + " has a " + MANIFEST + " that isn't of a job (" + e.getMessage()
                            + "); move it away, or choose another output",
                    e);
        }
    }

    private void checkOwner(Manifest manifest) {
        var owner = manifest.job();
        if (owner == null || !job.job().uid().equals(owner.uid())) {
            throw new Failure(
                    Reason.OutputUnavailable,
                    "output " + uri() + " holds the model of "
                            + (owner == null
                                    ? "an unknown job"
                                    : "job " + owner.namespace() + "/" + owner.name() + " with UID " + owner.uid())
                            + "; this job has UID " + job.job().uid()
                            + ". Remove that model if it is no longer needed, or choose another output");
        }
    }

    private Optional<Artifact> findFinished() throws IOException {
        if (!Files.exists(file(MANIFEST))) {
            if (Files.exists(file(MODEL)) && !ownInterrupted()) {
                throw new Failure(
                        Reason.OutputUnavailable,
                        "output " + uri() + " has a " + MODEL + " without a " + MANIFEST
                                + ", so it isn't known whose it is; move it away, or choose another output");
            }
            return Optional.empty();
        }
        var manifest = manifest();
        checkOwner(manifest);
        return verified(manifest);
    }

    private Optional<Artifact> verified(Manifest manifest) throws IOException {
        var model = manifest.model();
        if (model == null
                || !Files.exists(file(MODEL))
                || !FileDigest.of(file(MODEL)).equals(model.digest())) {
            LOG.warn("the artifact that an earlier attempt left in {} is damaged; it is made anew", uri());
            Files.delete(file(MANIFEST));
            Files.deleteIfExists(file(MODEL));
            return Optional.empty();
        }
        return Optional.of(new Artifact(uri(), model.digest(), model.sizeBytes(), manifest.metrics()));
    }

    /** Whether an attempt of this job was killed between giving the model its name and giving the manifest its own. */
    private boolean ownInterrupted() throws IOException {
        var interrupted = Files.exists(file(".capstan-" + job.job().uid() + "-publishing"));
        if (interrupted) {
            Files.delete(file(MODEL));
        }
        return interrupted;
    }

    /** What attempts of this job left that were killed while writing. */
    private void removeLeftovers() throws IOException {
        try (var files =
                Files.newDirectoryStream(folder, ".capstan-" + job.job().uid() + "-[0-9]*")) {
            for (var file : files) {
                Files.deleteIfExists(file);
            }
        }
    }

    /** Marks that files are about to get their names. */
    Path publishing() {
        return file(".capstan-" + job.job().uid() + "-publishing");
    }
}
