package dev.capstan.worker.artifact;

import dev.capstan.protocol.Json;
import dev.capstan.worker.artifact.ServedArtifact.File;
import dev.capstan.worker.onnx.ExternalData;
import dev.capstan.worker.onnx.OnnxFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import onnx.Onnx.ModelProto;

/**
 * Brings the one model that a digest names from a place, whole and verified, or says why that isn't the model there.
 */
public final class ArtifactFetch {
    private static final int MIB = 1 << 20;
    /** Each further try because another job's artifact has taken its place meanwhile. */
    private static final int MOST_TRIES = 3;

    private final ArtifactSource source;
    private final String digest;
    private final Path folder;
    private final List<File> files = new ArrayList<>();

    private ArtifactFetch(ArtifactSource source, String digest, Path folder) {
        this.source = source;
        this.digest = digest;
        this.folder = folder;
    }

    /**
     * The model of a digest.
     *
     * @param folder empty, and nobody else's
     * @throws Unusable if it isn't there, is damaged or of a newer version; the sentence says what is there
     * @throws IOException if the storage fails, or the folder is full
     */
    public static ServedArtifact of(ArtifactSource source, String digest, Path folder) throws IOException, Unusable {
        var fetch = new ArtifactFetch(source, digest, folder);
        try {
            return fetch.fetch();
        } catch (IllegalArgumentException e) {
            throw new Unusable("can't be used: " + e.getMessage(), e);
        }
    }

    private ServedArtifact fetch() throws IOException, Unusable {
        var text = source.text(OutputFolder.MANIFEST);
        if (text.isEmpty()) {
            return source.exists(OutputFolder.MODEL) ? bare() : foreign();
        }
        for (int tries = 1; ; tries++) {
            checkVersion(text.get());
            var manifest = Manifest.read(text.get());
            checkModel(manifest);
            if (fetch(manifest)) {
                var named = manifest.named("");
                add(OutputFolder.MANIFEST, Json.write(named));
                return ServedArtifact.of(folder, digest, files, named);
            }
            var before = text.get();
            text = source.text(OutputFolder.MANIFEST);
            if (tries == MOST_TRIES || text.isEmpty() || text.get().equals(before)) {
                throw damaged();
            }
        }
    }

    /** What every version has. */
    private record ManifestVersion(int version) {}

    /** Before all else is read, of which a newer one may have what is unknown here. */
    private static void checkVersion(String text) throws Unusable {
        int version;
        try {
            version = Json.read(text, ManifestVersion.class).version();
        } catch (IllegalArgumentException e) {
            throw new Unusable(
                    "has a broken " + OutputFolder.MANIFEST + " (" + e.getMessage()
                            + "); it must be the output of a TrainingJob or CompressionJob",
                    e);
        }
        if (version > Manifest.VERSION) {
            throw new Unusable("has a " + OutputFolder.MANIFEST + " of version " + version
                    + ", and this worker reads up to " + Manifest.VERSION
                    + "; serve it with the worker image of the version that wrote it");
        }
    }

    private void checkModel(Manifest manifest) throws Unusable {
        if (manifest.model() == null) {
            throw new Unusable("has a " + OutputFolder.MANIFEST
                    + " that names no model; it must be the output of a TrainingJob or CompressionJob");
        }
        if (!manifest.model().digest().equals(digest)) {
            throw another(manifest.model().digest());
        }
        if (manifest.isTorchScript()) {
            throw new Unusable("is a TorchScript module, which isn't served; torch.jit.load opens its "
                    + OutputFolder.TORCH_SCRIPT);
        }
    }

    private Unusable another(String found) {
        return new Unusable("holds the model " + found + ", not " + digest);
    }

    /** False if a file isn't there, or is another. */
    private boolean fetch(Manifest manifest) throws IOException, Unusable {
        long bytes =
                manifest.files().stream().mapToLong(Manifest.File::sizeBytes).sum();
        checkRoom(bytes);
        var to = manifest.named("").files();
        for (int i = 0; i < to.size(); i++) {
            var from = manifest.files().get(i);
            try {
                if (!fetch(from.file(), to.get(i).file()).equals(from.digest())) {
                    return false;
                }
            } catch (NoSuchFileException e) {
                return false;
            }
        }
        return true;
    }

    private void checkRoom(long bytes) throws IOException, Unusable {
        long room = Files.getFileStore(folder).getUsableSpace();
        if (bytes > room) {
            throw new Unusable("holds a model of " + bytes / MIB + " MiB, and the pod's scratch folder has room for "
                    + room / MIB + " MiB; the nodes need more room for ephemeral storage");
        }
    }

    private String fetch(String from, String to) throws IOException {
        var target = folder.resolve(to);
        Files.deleteIfExists(target);
        files.removeIf(each -> each.name().equals(to));
        var found = source.fetch(from, target);
        files.add(new File(to, from, found));
        return found;
    }

    private void add(String name, String text) throws IOException {
        Files.writeString(folder.resolve(name), text);
        files.add(new File(name, name, FileDigest.of(text)));
    }

    /** An archive that DL4J wrote, of which nothing else is known. */
    private ServedArtifact bare() throws IOException, Unusable {
        var found = fetch(OutputFolder.MODEL, OutputFolder.MODEL);
        if (!found.equals(digest)) {
            throw another(found);
        }
        fetchPreprocessing();
        return ServedArtifact.of(folder, digest, files, null);
    }

    private void fetchPreprocessing() throws IOException {
        if (source.exists(OutputFolder.PREPROCESSING)) {
            fetch(OutputFolder.PREPROCESSING, OutputFolder.PREPROCESSING);
        }
    }

    /** Another tool's ONNX file, of any name. */
    private ServedArtifact foreign() throws IOException, Unusable {
        var names = source.onnxFiles().stream().sorted().toList();
        if (names.size() != 1) {
            throw new Unusable(
                    names.isEmpty()
                            ? "is not there, or has neither a manifest.json, a model.zip nor an .onnx file"
                            : "has " + names.size() + " ONNX files, " + String.join(", ", names)
                                    + "; name one of them");
        }
        var name = names.getFirst();
        var found = fetch(name, OutputFolder.ONNX);
        if (!found.equals(digest)) {
            join(name, found);
        }
        fetchPreprocessing();
        return ServedArtifact.of(folder, digest, files, null);
    }

    /** Weights may lie beside the file: the digest is over the model with all of them then. */
    private void join(String name, String found) throws IOException, Unusable {
        var file = folder.resolve(OutputFolder.ONNX);
        ModelProto model;
        try {
            model = OnnxFile.read(file);
        } catch (IllegalArgumentException e) {
            throw new Unusable("holds " + found + ", not " + digest + "; it is no ONNX model: " + e.getMessage(), e);
        }
        if (!ExternalData.isUsedBy(model)) {
            throw another(found);
        }
        var beside = Files.createDirectory(folder.resolve("beside"));
        try {
            for (var location : ExternalData.locations(model)) {
                var target = beside.resolve(location).normalize();
                if (target.startsWith(beside)) {
                    Files.createDirectories(target.getParent());
                    fetchBeside(name, location, target);
                }
            }
            var joined = ExternalData.joined(model, beside);
            var whole = EarlierOnnx.digest(joined);
            if (!whole.equals(digest)) {
                throw another(whole);
            }
            DurableFile.write(file, out -> OnnxFile.write(joined, out));
            files.replaceAll(
                    each -> each.name().equals(OutputFolder.ONNX) ? new File(each.name(), each.name(), whole) : each);
        } finally {
            Trees.delete(beside);
        }
    }

    /** What isn't there is told by {@link ExternalData#joined}. */
    private void fetchBeside(String model, String location, Path target) throws IOException {
        try {
            var folder = model.substring(0, model.lastIndexOf('/') + 1);
            source.fetch(folder + location, target);
        } catch (NoSuchFileException e) {
            Files.deleteIfExists(target);
        }
    }

    static Unusable damaged() {
        return new Unusable("is damaged: its files aren't those that its manifest.json names");
    }
}
