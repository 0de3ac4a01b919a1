package dev.capstan.worker.artifact;

import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Json;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.data.Preprocessing;
import dev.capstan.worker.model.EarlierModel;
import dev.capstan.worker.outcome.Failure;
import dev.capstan.worker.storage.BoundedText;
import dev.capstan.worker.storage.Outage;
import dev.capstan.worker.storage.Volume;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import onnx.Onnx.ModelProto;

/**
 * An artifact that a job goes on from.
 *
 * @param model to be read; its bytes are those that were verified
 * @param preprocessing how samples are read for it; empty if it is a bare model that DL4J wrote, of which nothing else
 *     is known
 * @param folder that it lies in
 * @param manifest what it says of itself; empty if it is a bare model
 */
public record EarlierArtifact(
        EarlierModel model, Optional<Preprocessing> preprocessing, Path folder, Optional<Manifest> manifest)
        implements AutoCloseable {
    /**
     * Verifies that an artifact is whole and the one that the job names.
     *
     * @param from what the job says of it; its place is a folder on disk
     * @throws Failure InvalidData if it isn't there, isn't whole or is another; StorageUnavailable if its storage fails
     */
    public static EarlierArtifact open(JobFile.From from) {
        var uri = from.place().uri();
        var folder = Path.of(from.place().path());
        try {
            var manifest = manifest(from, folder);
            var model = EarlierModel.open(
                    from, manifest.map(each -> each.model().file()).orElse(OutputFolder.MODEL));
            try {
                check(from, manifest, model);
                return new EarlierArtifact(model, preprocessing(uri, folder, manifest, model), folder, manifest);
            } catch (IOException | RuntimeException e) {
                model.close();
                throw e;
            }
        } catch (IllegalArgumentException e) {
            throw invalid(uri, "can't be used: " + e.getMessage());
        } catch (IOException e) {
            throw new Failure(Outage.or(Reason.InvalidData, e), "model.from: " + uri + " can't be read: " + e, e);
        }
    }

    private static Optional<Manifest> manifest(JobFile.From from, Path folder) throws IOException {
        var uri = from.place().uri();
        var file = folder.resolve(OutputFolder.MANIFEST);
        if (!Volume.exists(file)) {
            if (Volume.exists(folder.resolve(OutputFolder.MODEL))) {
                return Optional.empty();
            }
            throw invalid(
                    uri,
                    (Volume.exists(folder) ? "has neither a model.zip nor a manifest.json" : "does not exist")
                            + "; it must be the output of a TrainingJob or"
                            + " CompressionJob that has succeeded");
        }
        var manifest = Manifest.read(file);
        if (manifest.model() == null || manifest.preprocessing() == null) {
            throw invalid(
                    uri,
                    "has a manifest.json that doesn't name a model and its preprocessing; it must be the"
                            + " output of a TrainingJob of this version");
        }
        if (manifest.isOnnxAlone()) {
            throw invalid(
                    uri,
                    "has a " + OutputFolder.ONNX + " and no network of DL4J's, for it was made of an ONNX file from"
                            + " elsewhere; it can be compressed and served, and not be trained");
        }
        if (manifest.isTorchScript()) {
            throw invalid(
                    uri,
                    "is a TorchScript module, which nothing but a TrainingJob goes on from: name its file as"
                            + " model.torchScript.uri, " + uri + "/" + OutputFolder.TORCH_SCRIPT);
        }
        return Optional.of(manifest);
    }

    private static void check(JobFile.From from, Optional<Manifest> manifest, EarlierModel model) {
        var uri = from.place().uri();
        var wanted = from.digest();
        if (manifest.isEmpty()) {
            if (wanted != null && !wanted.equals(model.digest())) {
                throw invalid(
                        uri,
                        "holds the model " + model.digest() + ", but the job goes on from " + wanted
                                + "; it was replaced or damaged");
            }
            return;
        }
        checkDigest(from, manifest.get());
        if (!manifest.get().model().digest().equals(model.digest())) {
            throw damaged(uri);
        }
    }

    /** Whether a manifest names the model that a job asks for. */
    static void checkDigest(JobFile.From from, Manifest manifest) {
        var wanted = from.digest();
        var named = manifest.model() == null ? null : manifest.model().digest();
        if (wanted != null && named != null && !wanted.equals(named)) {
            throw invalid(
                    from.place().uri(),
                    "holds the model " + named + ", the job asks for " + wanted
                            + "; the model there has been replaced. Delete this job and apply it again to go on from"
                            + " the one that is there now");
        }
    }

    /** Models of older versions don't hold it themselves; it lies beside them then. */
    private static Optional<Preprocessing> preprocessing(
            String uri, Path folder, Optional<Manifest> manifest, EarlierModel model) throws IOException {
        var text = model.preprocessing();
        if (text.isEmpty() && manifest.isPresent()) {
            var beside = manifest.get().preprocessing();
            if (!Volume.exists(folder.resolve(beside.file()))) {
                throw damaged(uri);
            }
            text = Optional.of(BoundedText.of(folder.resolve(beside.file()), BoundedText.LONG));
            if (!FileDigest.of(text.get()).equals(beside.digest())) {
                throw damaged(uri);
            }
        }
        return text.map(each -> Json.read(each, Preprocessing.class));
    }

    /**
     * The model in integers that the artifact answers with, if the network was quantized that it also holds.
     *
     * @param uri of the artifact, for messages
     * @throws Failure InvalidData if it isn't the one that was made with the network; StorageUnavailable if its storage
     *     fails
     */
    public Optional<ModelProto> quantized(String uri) {
        if (manifest.isEmpty() || !manifest.get().isQuantized()) {
            return Optional.empty();
        }
        var onnx = manifest.get().onnx().file();
        try {
            if (!Volume.isFile(folder.resolve(onnx.file()))) {
                throw damaged(uri);
            }
            var read = EarlierOnnx.read(folder.resolve(onnx.file()));
            // The network's own digest is over this one.
            var made = model.lineage().map(each -> Json.read(each, ModelArchive.Lineage.class));
            if (!read.digest().equals(onnx.digest())
                    || made.isPresent() && !read.digest().equals(made.get().onnx())) {
                throw damaged(uri);
            }
            return Optional.of(read.model());
        } catch (IllegalArgumentException e) {
            throw invalid(uri, "can't be used: " + e.getMessage());
        } catch (IOException e) {
            throw new Failure(Outage.or(Reason.InvalidData, e), "model.from: " + uri + " can't be read: " + e, e);
        }
    }

    /**
     * What goes on from it into what is made of it.
     *
     * @param uri of the artifact, for messages
     * @throws Failure StorageUnavailable if its storage fails
     */
    public Past past(String uri) {
        try {
            return manifest.isPresent() ? Past.of(folder, manifest.get()) : Past.NONE;
        } catch (IOException e) {
            throw new Failure(Outage.or(Reason.InvalidData, e), "model.from: " + uri + " can't be read: " + e, e);
        }
    }

    static Failure damaged(String uri) {
        return invalid(uri, "is damaged: its files aren't those that its manifest.json names; train that model again");
    }

    private static Failure invalid(String uri, String problem) {
        return new Failure(Reason.InvalidData, "model.from: " + uri + " " + problem);
    }

    @Override
    public void close() {
        model.close();
    }
}
