package dev.capstan.worker.artifact;

import dev.capstan.protocol.Compression;
import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.JobFile.Output.IfExists;
import dev.capstan.protocol.Outcome.Artifact;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.protocol.Training;
import dev.capstan.protocol.Work;
import dev.capstan.worker.outcome.Failure;
import dev.capstan.worker.storage.Full;
import dev.capstan.worker.storage.Outage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The folder that a job writes its artifact into: {@code model.zip}, {@code model.onnx} if the model has one, in the
 * place of both {@code module.pt} if it is a TorchScript module, {@code metrics.json}, {@code preprocessing.json},
 * {@code profile.json}, what TensorBoard reads, the model card as {@code model-card.json} and {@code MODEL_CARD.md},
 * and {@code manifest.json}. At any moment the files that the manifest names are whole, one job's or the other's; how,
 * is {@link VolumeOutput}'s and {@link BucketOutput}'s to know. Whose artifact it is and whether it may be taken or
 * replaced is decided here, for both alike.
 */
public final class OutputFolder {
    static final String MODEL = "model.zip";
    static final String ONNX = "model.onnx";
    static final String TORCH_SCRIPT = "module.pt";
    static final String METRICS = "metrics.json";
    static final String PREPROCESSING = "preprocessing.json";
    static final String PROFILE = "profile.json";
    /** As TensorBoard and other readers look for them: a time and a name follow what they go by. */
    static final String EVENTS = "events.out.tfevents.0.capstan";

    static final String CARD = "model-card.json";
    static final String CARD_FOR_PEOPLE = "MODEL_CARD.md";
    static final String MANIFEST = "manifest.json";

    /** All but the manifest. */
    static final List<String> FILES =
            List.of(MODEL, ONNX, TORCH_SCRIPT, METRICS, PREPROCESSING, PROFILE, EVENTS, CARD, CARD_FOR_PEOPLE);

    /** Each try that fails is another job's that succeeded. */
    private static final int MOST_TRIES = 5;

    private static final Logger LOG = LoggerFactory.getLogger(OutputFolder.class);

    private final JobFile job;
    private final Recipe recipe;
    private final OutputStore store;
    private Optional<Artifact> finished = Optional.empty();

    private OutputFolder(JobFile job, OutputStore store) {
        this.job = job;
        this.store = store;
        recipe = Recipe.of(job);
    }

    /**
     * Makes the folder if need be and finds out, before any work is done, whether the artifact can be written there.
     *
     * @param scratch where an artifact that goes to a bucket is put together
     * @throws Failure OutputUnavailable if it can't, or if something is there that the job may not replace; the
     *     sentence says what to do. StorageUnavailable if that may pass
     */
    public static OutputFolder open(JobFile job, Path scratch) {
        var output = new OutputFolder(
                job, job.output().s3() == null ? new VolumeOutput(job) : BucketOutput.of(job, scratch));
        try {
            output.finished = output.findFinished(null);
            output.store.prepare();
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
     * @throws Failure OutputUnavailable if it isn't known what lies here, StorageUnavailable if the storage fails
     */
    public Optional<Compression> compression() {
        try {
            return manifest().map(Manifest::compressed).map(Manifest.Compressed::found);
        } catch (IOException e) {
            throw unavailable(e);
        }
    }

    /**
     * What whoever uses the artifact that lies here should know, in sentences.
     *
     * @throws Failure OutputUnavailable if it isn't known what lies here, StorageUnavailable if the storage fails
     */
    public List<String> warnings() {
        try {
            return manifest().map(Manifest::warnings).orElse(List.of());
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

    /**
     * Shows a training that goes on; empty where a model lies already, whose training it could be taken for.
     *
     * @throws Failure StorageUnavailable if the storage fails
     */
    public Optional<EventLog> events() {
        try {
            return store.mixes(EVENTS) ? Optional.empty() : Optional.of(new EventLog(store));
        } catch (IOException e) {
            throw unavailable(e);
        }
    }

    /** Digest of the job's model, data and training, and of the engine that computed it by so many threads. */
    String recipe(Training.Engine engine, int threads) {
        return recipe.digest(engine, threads);
    }

    /** Where the artifact goes, as the user names it. */
    String uri() {
        return job.output().uri();
    }

    /** Where a file of this attempt alone is written, until {@link #commit}. */
    Path temporary(String name) {
        return store.temporary(name);
    }

    Failure unavailable(IOException e) {
        return new Failure(
                Full.causes(e) ? Reason.StorageUnavailable : Outage.or(Reason.OutputUnavailable, e),
                "output " + uri() + store.inThePod() + " can't be written: " + e + store.needs(),
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
        var there = manifest();
        if (there.isEmpty()) {
            for (var model : List.of(MODEL, TORCH_SCRIPT)) {
                if (store.has(model)) {
                    throw refused("has a " + model + " without a " + MANIFEST
                            + ", so it isn't known whose it is; move it away, or choose another output");
                }
            }
            return Optional.empty();
        }
        var manifest = there.get();
        if (manifest.job() == null) {
            throw refused("holds the model of an unknown job; move it away, or choose another output");
        }
        return job.job().uid().equals(manifest.job().uid()) ? own(manifest) : others(manifest, inputs);
    }

    private Optional<Manifest> manifest() throws IOException {
        try {
            return store.manifest();
        } catch (IllegalArgumentException e) {
            throw refused("has a " + MANIFEST + " that isn't of a job (" + e.getMessage()
                    + "); move it away, or choose another output");
        }
    }

    private Optional<Artifact> own(Manifest manifest) throws IOException {
        if (!store.isWhole(manifest)) {
            LOG.warn("the artifact that an earlier attempt left in {} is damaged; it is made anew", uri());
            store.discard();
            return Optional.empty();
        }
        store.settle(manifest);
        return Optional.of(artifact(manifest));
    }

    private Optional<Artifact> others(Manifest manifest, Inputs inputs) throws IOException {
        var owner = "job " + manifest.job().namespace() + "/" + manifest.job().name() + " with UID "
                + manifest.job().uid();
        return switch (job.output().ifExists()) {
            case OVERWRITE -> Optional.empty();
            case FAIL ->
                throw refused(
                        "holds the model of " + owner + (isOfThisName(manifest) ? ", an earlier one of this name" : "")
                                + "; this job has UID " + job.job().uid()
                                + ". Delete this job and apply it again with output.ifExists: Reuse, by which it takes that model"
                                + " if nothing has changed that it was made of, with Overwrite, or with another output; or remove"
                                + " that model first, if nobody needs it");
            case REUSE -> {
                if (!recipe.is(manifest.recipe())) {
                    throw refused("holds the model of " + owner + ", whose model, data or training differ from this"
                            + " job's, so it can't be reused; choose another output, or set output.ifExists to"
                            + " Overwrite");
                }
                if (!store.isWhole(manifest)) {
                    throw refused("holds a damaged model of " + owner
                            + ", so it can't be reused; remove it, or set output.ifExists to Overwrite");
                }
                if (inputs == null) {
                    yield Optional.empty();
                }
                checkInputs(manifest.training(), inputs, owner);
                LOG.info("the model of {} has the same recipe and inputs and is taken", owner);
                var made = artifact(manifest);
                yield Optional.of(new Artifact(made.uri(), made.digest(), made.sizeBytes(), made.metrics(), owner));
            }
        };
    }

    private boolean isOfThisName(Manifest manifest) {
        return job.job().namespace().equals(manifest.job().namespace())
                && job.job().name().equals(manifest.job().name());
    }

    /**
     * Older versions noted of the inputs the training samples alone; what decides a model must be known to be the same.
     */
    private void checkInputs(Manifest.Training made, Inputs inputs, String owner) {
        checkInput("data.train", inputs.train(), made == null ? null : made.data(), owner);
        checkInput("model.from", inputs.from(), made == null ? null : made.from(), owner);
        checkInput(
                isTorchScript() ? "model.torchScript" : "model.jar",
                inputs.jar(),
                made == null ? null : made.jar(),
                owner);
        if (made.test() != null) {
            checkInput("data.test", inputs.test(), made.test(), owner);
        }
    }

    private boolean isTorchScript() {
        return job.work() instanceof Work.Train train && train.model().torchScript() != null;
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

    /**
     * Makes the files that the manifest names, temporary ones of this attempt, the artifact.
     *
     * @param inputs what this job has read
     * @return the artifact that is there now: another's, if that was finished meanwhile and may be taken
     * @throws Failure OutputUnavailable if another job has finished in this folder meanwhile
     */
    Artifact commit(Manifest manifest, Inputs inputs) throws IOException {
        for (int tries = 0; tries < MOST_TRIES; tries++) {
            var meanwhile = findFinished(inputs);
            if (meanwhile.isPresent()) {
                return meanwhile.get();
            }
            if (store.commit(manifest)) {
                return artifact(manifest);
            }
        }
        throw refused("is written by others all the time; choose another output");
    }
}
