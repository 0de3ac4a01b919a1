package dev.capstan.worker.artifact;

import dev.capstan.protocol.Json;
import dev.capstan.worker.data.Ground;
import dev.capstan.worker.data.Preprocessing;
import dev.capstan.worker.storage.BoundedText;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/**
 * An artifact that is served: its files in a folder that nobody else writes. Their bytes are those that were verified,
 * whatever becomes of the place that they came from.
 *
 * @param folder of its own
 * @param digest {@code sha256:…} by which it is known
 * @param files all that it consists of
 * @param onnx the model as ONNX; null if it has none
 * @param noOnnx why it has none, in a sentence; null if it has one, or nobody says
 * @param archive the network as DL4J has it; null if it has none
 * @param preprocessing how samples are read for it; empty if nothing says so
 * @param ground of the images that it was trained on
 * @param preprocessingDigest that the model as ONNX must name in its metadata, see {@link OnnxLineage}; null if it
 *     needn't
 */
public record ServedArtifact(
        Path folder,
        String digest,
        List<File> files,
        Path onnx,
        String noOnnx,
        Path archive,
        Optional<Preprocessing> preprocessing,
        Ground ground,
        String preprocessingDigest) {
    private static final String LINEAGE = "lineage.json";

    /**
     * @param name in the folder
     * @param source the name that it had where it came from
     * @param digest over its bytes
     */
    public record File(String name, String source, String digest) {}

    /**
     * Looks at the files that {@link ArtifactFetch} has brought.
     *
     * @param manifest that lies among them; null if there is none
     * @throws Unusable if they aren't those that the manifest names
     */
    static ServedArtifact of(Path folder, String digest, List<File> files, Manifest manifest)
            throws IOException, Unusable {
        var onnx = existing(folder.resolve(OutputFolder.ONNX));
        var archive = existing(folder.resolve(OutputFolder.MODEL));
        var beside = existing(folder.resolve(OutputFolder.PREPROCESSING));
        try {
            var text = beside == null ? null : BoundedText.of(beside, BoundedText.LONG);
            if (archive != null) {
                var inside = Archived.of(archive);
                checkLineage(inside, manifest);
                text = inside.preprocessing() == null ? text : inside.preprocessing();
            }
            boolean alone = manifest != null && manifest.isOnnxAlone();
            return new ServedArtifact(
                    folder,
                    digest,
                    files,
                    onnx,
                    manifest == null || manifest.onnx() == null
                            ? null
                            : manifest.onnx().missing(),
                    archive,
                    text == null ? Optional.empty() : Optional.of(preprocessing(text)),
                    Profile.ground(existing(folder.resolve(OutputFolder.PROFILE))),
                    alone ? FileDigest.of(text == null ? "" : text) : null);
        } catch (IllegalArgumentException | CharacterCodingException e) {
            throw new Unusable("can't be used: " + OutputFolder.PREPROCESSING + " is broken: " + e.getMessage(), e);
        }
    }

    private static Path existing(Path file) {
        return Files.exists(file) ? file : null;
    }

    private static Preprocessing preprocessing(String text) {
        var read = Json.read(text, Preprocessing.class);
        if (read.shape() == null || read.classes() == null) {
            throw new IllegalArgumentException("it must have a shape and the names of the classes");
        }
        return read;
    }

    /** What the archive holds besides the network: its digest is over that, too. */
    private record Archived(String preprocessing, String lineage) {
        static Archived of(Path archive) throws IOException, Unusable {
            try (var zip = new ZipFile(archive.toFile())) {
                return new Archived(text(zip, OutputFolder.PREPROCESSING), text(zip, LINEAGE));
            } catch (ZipException e) {
                throw new Unusable(
                        "has a " + OutputFolder.MODEL + " that is no archive (" + e.getMessage()
                                + "); it must be one as DL4J's ModelSerializer writes it",
                        e);
            }
        }

        private static String text(ZipFile zip, String name) throws IOException {
            var entry = zip.getEntry(name);
            if (entry == null) {
                return null;
            }
            try (var in = zip.getInputStream(entry)) {
                return BoundedText.of(name, in, BoundedText.LONG);
            }
        }
    }

    /** A compressed network's own digest is over that of the model in integers, which the manifest names. */
    private static void checkLineage(Archived archive, Manifest manifest) throws Unusable {
        if (archive.lineage() == null || manifest == null || !manifest.hasOnnx()) {
            return;
        }
        var onnx = Json.read(archive.lineage(), ModelArchive.Lineage.class).onnx();
        if (onnx != null && !onnx.equals(manifest.onnx().file().digest())) {
            throw ArtifactFetch.damaged();
        }
    }

    /** Bytes of all files. */
    public long bytes() throws IOException {
        long bytes = 0;
        for (var file : files) {
            bytes += Files.size(folder.resolve(file.name()));
        }
        return bytes;
    }
}
