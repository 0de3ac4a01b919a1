package dev.capstan.worker.artifact;

import dev.capstan.protocol.Acceptance;
import dev.capstan.protocol.Compression;
import dev.capstan.protocol.CompressionStep;
import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Json;
import dev.capstan.worker.storage.BoundedText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * Says what an artifact is and whose; an artifact without one isn't complete. Readers go by the names in it.
 *
 * @param version {@link #VERSION}
 * @param job which job and which attempt of it made the model
 * @param recipe {@code sha256:} and 64 hex digits over the job's model, data and training, and the engine
 * @param model the archive, which holds all that decides an answer: its digest is the artifact's. The model as ONNX or
 *     as TorchScript, where there is no network of DL4J's
 * @param preprocessing how samples are read for it: a copy of what the archive holds, to be read without it
 * @param onnx the same model as ONNX, or why there is none; null in manifests of older versions
 * @param profile of the training data; null in manifests of older versions
 * @param metrics measured on the test data and the validation split, by name
 * @param training how it was made
 * @param software versions of the worker, DL4J and Java
 * @param created when, ISO 8601
 * @param compressed what was done to it, and what that cost; null if it was trained
 * @param warnings what whoever uses the model should know, in sentences; null for nothing, or of older versions
 */
record Manifest(
        int version,
        JobFile.Job job,
        String recipe,
        File model,
        File preprocessing,
        Onnx onnx,
        File profile,
        Map<String, Double> metrics,
        Training training,
        Map<String, String> software,
        String created,
        Compressed compressed,
        List<String> warnings) {

    /** Of a model that was trained. */
    Manifest(
            int version,
            JobFile.Job job,
            String recipe,
            File model,
            File preprocessing,
            Onnx onnx,
            File profile,
            Map<String, Double> metrics,
            Training training,
            Map<String, String> software,
            String created,
            List<String> warnings) {
        this(
                version,
                job,
                recipe,
                model,
                preprocessing,
                onnx,
                profile,
                metrics,
                training,
                software,
                created,
                null,
                warnings.isEmpty() ? null : warnings);
    }

    /** The version that this code writes and reads. */
    static final int VERSION = 2;

    /**
     * @param file its name in the folder
     * @param digest {@code sha256:} and 64 hex digits over its bytes
     * @param sizeBytes its length
     */
    record File(String file, String digest, long sizeBytes) {
        static File of(Path path) throws IOException {
            return new File(path.getFileName().toString(), FileDigest.of(path), Files.size(path));
        }

        File named(String name) {
            return new File(name, digest, sizeBytes);
        }
    }

    /**
     * @param file null if there is none
     * @param samples on how many answers were compared with those of the network beside it, or of the ONNX file that it
     *     was made of
     * @param largestDifference between them; what a quantized model rounds is in it
     * @param missing why there is none, in a sentence; null if there is one
     */
    record Onnx(File file, int samples, double largestDifference, String missing) {
        Onnx named(String name) {
            return file == null ? this : new Onnx(file.named(name), samples, largestDifference, missing);
        }
    }

    /**
     * @param steps what was done, one after the other
     * @param acceptance the bounds that it was let through by; null if there were none
     * @param found sizes, accuracies, latencies and a row a step, as this machine measured them
     */
    record Compressed(List<CompressionStep> steps, Acceptance acceptance, Compression found) {}

    /**
     * @param workers how many trained it
     * @param epochs passes over the data that were made
     * @param steps updates
     * @param data {@code sha256:} and 64 hex digits over the training samples
     * @param test the same over the test samples; null if there were none, or in manifests of older versions
     * @param from the same over the model that it went on from; null likewise
     * @param jar the same over the user's own layers, or TorchScript module; null likewise
     */
    record Training(int workers, int epochs, long steps, String data, String test, String from, String jar) {}

    /**
     * The manifest in a file.
     *
     * @throws IllegalArgumentException if it is none
     */
    static Manifest read(Path file) throws IOException {
        return read(BoundedText.of(file, BoundedText.SHORT));
    }

    /** As {@link #read(Path)}, of its text. */
    static Manifest read(String text) {
        return Json.read(text, Manifest.class);
    }

    /**
     * The same artifact with its files under the names that people know.
     *
     * @param start what the names begin with, such as a folder; may be empty
     */
    Manifest named(String start) {
        return new Manifest(
                version,
                job,
                recipe,
                model.named(start + modelName()),
                preprocessing == null ? null : preprocessing.named(start + OutputFolder.PREPROCESSING),
                onnx == null ? null : onnx.named(start + OutputFolder.ONNX),
                profile == null ? null : profile.named(start + OutputFolder.PROFILE),
                metrics,
                training,
                software,
                created,
                compressed,
                warnings);
    }

    /** All files that it names; empty if it names no model, and so nothing whole. */
    List<File> files() {
        return model == null
                ? List.of()
                : Stream.of(model, preprocessing, hasOnnx() ? onnx.file() : null, profile)
                        .filter(Objects::nonNull)
                        .toList();
    }

    /** Whether its files have the names that people look for. */
    boolean isSettled() {
        return model.file().equals(modelName());
    }

    private String modelName() {
        return isOnnxAlone() ? OutputFolder.ONNX : isTorchScript() ? OutputFolder.TORCH_SCRIPT : OutputFolder.MODEL;
    }

    /** Whether there is no network of DL4J's: it is a user's own module. */
    boolean isTorchScript() {
        return model != null && model.file().endsWith(OutputFolder.TORCH_SCRIPT);
    }

    /** Whether there is no network of DL4J's: it was made of an ONNX file. */
    boolean isOnnxAlone() {
        return model != null && model.file().endsWith(OutputFolder.ONNX);
    }

    /** Whether its model as ONNX is in integers. */
    boolean isQuantized() {
        return hasOnnx()
                && compressed != null
                && compressed.steps().stream().anyMatch(CompressionStep.Quantize.class::isInstance);
    }

    /** Whether one of its files is the model as ONNX. */
    boolean hasOnnx() {
        return onnx != null && onnx.file() != null;
    }
}
