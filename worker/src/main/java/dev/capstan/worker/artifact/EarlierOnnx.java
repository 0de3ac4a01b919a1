package dev.capstan.worker.artifact;

import dev.capstan.protocol.JobFile.From;
import dev.capstan.protocol.Json;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.data.Preprocessing;
import dev.capstan.worker.data.Shape;
import dev.capstan.worker.onnx.ExternalData;
import dev.capstan.worker.onnx.ForeignModel;
import dev.capstan.worker.onnx.OnnxFile;
import dev.capstan.worker.outcome.Failure;
import dev.capstan.worker.storage.BoundedText;
import dev.capstan.worker.storage.Debris;
import dev.capstan.worker.storage.Outage;
import dev.capstan.worker.storage.Volume;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Optional;
import onnx.Onnx.ModelProto;

/**
 * A model that a job goes on from, and of which there is nothing but an ONNX file: another tool's, or what a job has
 * made of such a one.
 *
 * @param name the file, for messages
 * @param model with all of its weights
 * @param digest {@code sha256:} and 64 hex digits over the file; over the model with all of its weights, where these
 *     lie beside it
 * @param preprocessing how samples are read for it; empty if nothing says so
 * @param past what it tells of itself
 */
public record EarlierOnnx(
        String name, ModelProto model, String digest, Optional<Preprocessing> preprocessing, Past past) {
    private static final String SUFFIX = ".onnx";

    /**
     * The ONNX model that a job names.
     *
     * @param from its place is a file or a folder on disk
     * @return empty if there is a network of DL4J's, or nothing
     * @throws Failure InvalidData if it isn't whole, is another than the job names or is one of several;
     *     StorageUnavailable if its storage fails
     */
    public static Optional<EarlierOnnx> open(From from) {
        var uri = from.place().uri();
        var place = Path.of(from.place().path());
        try {
            if (Volume.isFile(place)) {
                return Optional.of(alone(from, place, uri));
            }
            if (Volume.exists(place.resolve(OutputFolder.MANIFEST))) {
                var manifest = Manifest.read(place.resolve(OutputFolder.MANIFEST));
                return manifest.isOnnxAlone() ? Optional.of(artifact(from, place, manifest)) : Optional.empty();
            }
            if (!Volume.isFolder(place) || Volume.exists(place.resolve(OutputFolder.MODEL))) {
                return Optional.empty();
            }
            var files = Volume.list(place, "*" + SUFFIX).stream()
                    .filter(each -> !Debris.is(each))
                    .sorted()
                    .toList();
            if (files.size() > 1) {
                throw invalid(
                        uri,
                        "has " + files.size() + " ONNX files, "
                                + String.join(
                                        ", ",
                                        files.stream()
                                                .map(each -> each.getFileName().toString())
                                                .toList())
                                + "; name one of them");
            }
            return files.isEmpty()
                    ? Optional.empty()
                    : Optional.of(alone(
                            from, files.getFirst(), uri + "/" + files.getFirst().getFileName()));
        } catch (IllegalArgumentException | CharacterCodingException e) {
            throw invalid(uri, "can't be used: " + e.getMessage());
        } catch (IOException e) {
            throw new Failure(Outage.or(Reason.InvalidData, e), "model.from: " + uri + " can't be read: " + e, e);
        }
    }

    /** Another tool's; a {@code preprocessing.json} beside it says how samples are read. */
    private static EarlierOnnx alone(From from, Path file, String name) throws IOException {
        if (!file.getFileName().toString().endsWith(SUFFIX)) {
            throw invalid(
                    name,
                    "is a file whose name doesn't end in " + SUFFIX
                            + "; it must be the folder of an artifact, or an ONNX file");
        }
        var read = read(file);
        var model = read.model();
        var digest = read.digest();
        if (ExternalData.isUsedBy(model)) {
            model = ExternalData.joined(model, file.getParent());
            digest = digest(model);
        }
        if (from.digest() != null && !from.digest().equals(digest)) {
            throw invalid(name, "is " + digest + ", the job asks for " + from.digest() + "; it has been replaced");
        }
        var beside = file.resolveSibling(OutputFolder.PREPROCESSING);
        var preprocessing =
                Volume.exists(beside) ? Optional.of(preprocessing(beside)) : Optional.<Preprocessing>empty();
        return new EarlierOnnx(name, model, digest, preprocessing, Past.licensed(ForeignModel.license(model)));
    }

    /** Somebody may have written it by hand. */
    private static Preprocessing preprocessing(Path file) throws IOException {
        var read = Json.read(BoundedText.of(file, BoundedText.LONG), Preprocessing.class);
        boolean words = read.shape() instanceof Shape.Tokens;
        if (read.shape() == null
                || read.shape().inputs() < 1
                || read.classes() == null
                || read.classes().size() < 2 && !read.predictsNumbers()
                || words && read.vocabulary() == null) {
            throw new IllegalArgumentException(
                    OutputFolder.PREPROCESSING + " beside it must have a shape, such as {\"kind\": \"image\","
                            + " \"height\": 28, \"width\": 28, \"channels\": 1}, the names of at least two classes, and"
                            + " for words a vocabulary");
        }
        return read;
    }

    /** What a job has made of another tool's; it names what its samples are read by. */
    private static EarlierOnnx artifact(From from, Path folder, Manifest manifest) throws IOException {
        var uri = from.place().uri();
        var named = manifest.model().digest();
        if (from.digest() != null && !from.digest().equals(named)) {
            throw invalid(
                    uri,
                    "holds the model " + named + ", the job asks for " + from.digest()
                            + "; the model there has been replaced. Delete this job and apply it again to go on from the"
                            + " one that is there now");
        }
        var file = folder.resolve(manifest.model().file());
        var beside = manifest.preprocessing();
        if (beside == null || !Volume.isFile(file) || !Volume.isFile(folder.resolve(beside.file()))) {
            throw damaged(uri);
        }
        var read = read(file);
        var text = BoundedText.of(folder.resolve(beside.file()), BoundedText.LONG);
        // The model's digest is over how its samples are read, too.
        if (!named.equals(read.digest())
                || !FileDigest.of(text).equals(beside.digest())
                || !Optional.of(FileDigest.of(text)).equals(OnnxLineage.preprocessing(read.model()))) {
            throw damaged(uri);
        }
        return new EarlierOnnx(
                uri + "/" + manifest.model().file(),
                read.model(),
                read.digest(),
                Optional.of(Json.read(text, Preprocessing.class)),
                Past.of(folder, manifest));
    }

    /** A file's bytes, read once. */
    record Read(ModelProto model, String digest) {}

    static Read read(Path file) throws IOException {
        try (var in = new DigestInputStream(new BufferedInputStream(Files.newInputStream(file), 1 << 16), sha256())) {
            var model = OnnxFile.read(file.getFileName().toString(), in);
            in.transferTo(OutputStream.nullOutputStream());
            return new Read(model, FileDigest.text(in.getMessageDigest().digest()));
        }
    }

    static String digest(ModelProto model) throws IOException {
        var out = new DigestOutputStream(OutputStream.nullOutputStream(), sha256());
        OnnxFile.write(model, out);
        return FileDigest.text(out.getMessageDigest().digest());
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }

    private static Failure damaged(String uri) {
        return invalid(uri, "is damaged: its files aren't those that its manifest.json names; make that model again");
    }

    private static Failure invalid(String uri, String problem) {
        return new Failure(Reason.InvalidData, "model.from: " + uri + " " + problem);
    }
}
