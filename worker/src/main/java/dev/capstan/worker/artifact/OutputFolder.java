package dev.capstan.worker.artifact;

import dev.capstan.protocol.Compression;
import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.JobFile.Output.IfExists;
import dev.capstan.protocol.Json;
import dev.capstan.protocol.Outcome.Artifact;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.outcome.Failure;
import dev.capstan.worker.storage.Outage;
import dev.capstan.worker.storage.Volume;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The folder that a job writes its artifact into: {@code model.zip}, {@code model.onnx} if the model has one,
 * {@code metrics.json}, {@code preprocessing.json}, {@code profile.json}, the model card as {@code model-card.json} and
 * {@code MODEL_CARD.md}, and {@code manifest.json}. At any moment the files that the manifest names are whole, one
 * job's or the other's: a new artifact's files are written under names of their own, the manifest that names them gets
 * its name, and only then do they get theirs.
 */
public final class OutputFolder {
    static final String MODEL = "model.zip";
    static final String ONNX = "model.onnx";
    static final String METRICS = "metrics.json";
    static final String PREPROCESSING = "preprocessing.json";
    static final String PROFILE = "profile.json";
    static final String CARD = "model-card.json";
    static final String CARD_FOR_PEOPLE = "MODEL_CARD.md";
    static final String MANIFEST = "manifest.json";

    /** All but the manifest. */
    private static final List<String> FILES =
            List.of(MODEL, ONNX, METRICS, PREPROCESSING, PROFILE, CARD, CARD_FOR_PEOPLE);

    private static final Logger LOG = LoggerFactory.getLogger(OutputFolder.class);

    private final JobFile job;
    private final Recipe recipe;
    private final Path folder;
    private Optional<Artifact> finished = Optional.empty();

    private OutputFolder(JobFile job) {
        this.job = job;
        recipe = Recipe.of(job);
        folder = Path.of(job.output().path());
    }

    /**
     * Makes the folder if need be and finds out, before any work is done, whether the artifact can be written there.
     *
     * @throws Failure OutputUnavailable if it can't, or if something is there that the job may not replace; the
     *     sentence says what to do. StorageUnavailable if that may pass
     */
    public static OutputFolder open(JobFile job) {
        var output = new OutputFolder(job);
        try {
            Files.createDirectories(output.folder);
            output.finished = output.findFinished(null);
            output.removeLeftovers();
            var probe = output.temporary("probe");
            Files.writeString(probe, "written to find out whether this folder can be written");
            Files.delete(probe);
        } catch (IOException e) {
            throw output.unavailable(e);
        }
        return output;
    }

    /** The artifact, if there is nothing left to do: an earlier attempt of this very job has finished it. */
    public Optional<Artifact> finished() {
        return finished;
    }

    /**
     * What the compression found whose artifact lies here; empty if it was trained.
     *
     * @throws Failure OutputUnavailable if nobody's artifact does, StorageUnavailable if the storage fails
     */
    public Optional<Compression> compression() {
        try {
            return Optional.ofNullable(manifest().compressed()).map(Manifest.Compressed::found);
        } catch (IOException e) {
            throw unavailable(e);
        }
    }

    /**
     * The artifact that another job has made by the same recipe of the same inputs, if this one may take it.
     *
     * @param inputs what this job has read
     * @throws Failure OutputUnavailable if what is there was made of others; StorageUnavailable if the storage fails
     */
    public Optional<Artifact> reusable(Inputs inputs) {
        try {
            return job.output().ifExists() == IfExists.REUSE ? findFinished(inputs) : Optional.empty();
        } catch (IOException e) {
            throw unavailable(e);
        }
    }

    /** Digest of the job's model, data and training, and of the engine. */
    String recipe() {
        return recipe.digest();
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
        return temporary(job.job().attempt(), name);
    }

    private Path temporary(int attempt, String name) {
        return folder.resolve(".capstan-" + job.job().uid() + "-" + attempt + "-" + name);
    }

    Failure unavailable(IOException e) {
        return new Failure(
                Outage.or(Reason.OutputUnavailable, e),
                "output " + uri() + " (" + folder + " in the pod) can't be written: " + e
                        + "; it needs a volume with free space that the worker's user may write to",
                e);
    }

    /**
     * What has been finished here since, by an attempt that was thought lost or by a job with the same recipe and
     * inputs.
     *
     * @param inputs what this job has read; null before it has, when nothing is known to be made of the same
     * @throws Failure OutputUnavailable if another job has finished in this folder
     */
    Optional<Artifact> findFinished(Inputs inputs) throws IOException {
        if (!Volume.exists(file(MANIFEST))) {
            if (Volume.exists(file(MODEL))) {
                throw refused("has a " + MODEL + " without a " + MANIFEST
                        + ", so it isn't known whose it is; move it away, or choose another output");
            }
            return Optional.empty();
        }
        var manifest = manifest();
        if (manifest.job() == null) {
            throw refused("holds the model of an unknown job; move it away, or choose another output");
        }
        return job.job().uid().equals(manifest.job().uid()) ? own(manifest) : others(manifest, inputs);
    }

    private Manifest manifest() throws IOException {
        try {
            return Manifest.read(file(MANIFEST));
        } catch (IllegalArgumentException e) {
            throw refused("has a " + MANIFEST + " that isn't of a job (" + e.getMessage()
                    + "); move it away, or choose another output");
        }
    }

    private Optional<Artifact> own(Manifest manifest) throws IOException {
        if (!manifest.whole(folder)) {
            LOG.warn("the artifact that an earlier attempt left in {} is damaged; it is made anew", uri());
            // The manifest last: nobody knows whose a model without one is.
            Files.deleteIfExists(file(MODEL));
            Files.delete(file(MANIFEST));
            return Optional.empty();
        }
        settle(manifest);
        return Optional.of(artifact(manifest));
    }

    private Optional<Artifact> others(Manifest manifest, Inputs inputs) throws IOException {
        var owner = "job " + manifest.job().namespace() + "/" + manifest.job().name() + " with UID "
                + manifest.job().uid();
        return switch (job.output().ifExists()) {
            case OVERWRITE -> Optional.empty();
            case FAIL ->
                throw refused("holds the model of " + owner + "; this job has UID "
                        + job.job().uid() + ". Remove that model if it is no longer needed, choose another output, or"
                        + " set output.ifExists to Reuse or Overwrite");
            case REUSE -> {
                if (!recipe.is(manifest.recipe())) {
                    throw refused("holds the model of " + owner + ", whose model, data or training differ from this"
                            + " job's, so it can't be reused; choose another output, or set output.ifExists to"
                            + " Overwrite");
                }
                if (!manifest.whole(folder)) {
                    throw refused("holds a damaged model of " + owner
                            + ", so it can't be reused; remove it, or set output.ifExists to Overwrite");
                }
                if (inputs == null) {
                    yield Optional.empty();
                }
                checkInputs(manifest.training(), inputs, owner);
                LOG.info("the model of {} has the same recipe and inputs and is taken", owner);
                yield Optional.of(artifact(manifest));
            }
        };
    }

    /**
     * Older versions noted of the inputs the training samples alone; what decides a model must be known to be the same.
     */
    private void checkInputs(Manifest.Training made, Inputs inputs, String owner) {
        checkInput("data.train", inputs.train(), made == null ? null : made.data(), owner);
        checkInput("model.from", inputs.from(), made == null ? null : made.from(), owner);
        checkInput("model.jar", inputs.jar(), made == null ? null : made.jar(), owner);
        if (made.test() != null) {
            checkInput("data.test", inputs.test(), made.test(), owner);
        }
    }

    private void checkInput(String field, String now, String then, String owner) {
        if (!Objects.equals(now, then)) {
            throw refused("holds the model of " + owner + ", which has the same recipe, but " + field
                    + " has changed since (" + now + ", not " + (then == null ? "noted" : then)
                    + "), so it can't be reused; choose another output, or set output.ifExists to Overwrite");
        }
    }

    private Failure refused(String why) {
        return new Failure(Reason.OutputUnavailable, "output " + uri() + " " + why);
    }

    private Artifact artifact(Manifest manifest) {
        return new Artifact(uri(), manifest.model().digest(), manifest.model().sizeBytes(), manifest.metrics());
    }

    /** What attempts of this job left that were killed while writing; a later attempt's may be written right now. */
    private void removeLeftovers() throws IOException {
        var start = ".capstan-" + job.job().uid() + "-";
        for (var file : Volume.list(folder, start + "[0-9]*")) {
            var attempt =
                    file.getFileName().toString().substring(start.length()).split("-")[0];
            if (attempt.matches("[0-9]{1,9}")
                    && Integer.parseInt(attempt) <= job.job().attempt()) {
                Files.deleteIfExists(file);
            }
        }
    }

    /** Makes the files that the manifest names, temporary ones of this attempt, the artifact. */
    Artifact commit(Manifest manifest) throws IOException {
        rename(manifest);
        settle(manifest);
        return artifact(manifest);
    }

    private void rename(Manifest manifest) throws IOException {
        var whole = temporary(MANIFEST);
        DurableFile.write(whole, Json.write(manifest));
        move(whole, MANIFEST);
    }

    /** Gives the files that the manifest names the names that people look for; does nothing where they have them. */
    private void settle(Manifest manifest) throws IOException {
        int attempt = manifest.job().attempt();
        if (manifest.isSettled()) {
            removeTemporaries(attempt);
            return;
        }
        for (var name : FILES) {
            if (Volume.exists(temporary(attempt, name))) {
                // Under both names for a while, because until the manifest is replaced it names the first.
                move(twin(temporary(attempt, name)), name);
            }
        }
        if (!manifest.hasOnnx()) {
            // It is the model's that lay here before.
            Files.deleteIfExists(file(ONNX));
        }
        if (manifest.isOnnxAlone()) {
            Files.deleteIfExists(file(MODEL));
        }
        if (manifest.profile() == null) {
            Files.deleteIfExists(file(PROFILE));
        }
        rename(manifest.named(""));
        removeTemporaries(attempt);
    }

    private void removeTemporaries(int attempt) throws IOException {
        for (var name : FILES) {
            Files.deleteIfExists(temporary(attempt, name));
        }
    }

    private Path twin(Path file) throws IOException {
        var twin = temporary("twin");
        Files.deleteIfExists(twin);
        try {
            return Files.createLink(twin, file);
        } catch (IOException | UnsupportedOperationException e) {
            // Some file systems have no links.
            DurableFile.write(twin, out -> Files.copy(file, out));
            return twin;
        }
    }

    private void move(Path from, String name) throws IOException {
        Files.move(from, file(name), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        DurableFile.syncFolder(folder);
    }
}
