package dev.capstan.worker.compress;

import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.artifact.DurableFile;
import dev.capstan.worker.data.Samples;
import dev.capstan.worker.data.Shape;
import dev.capstan.worker.model.Network;
import dev.capstan.worker.onnx.Comparison;
import dev.capstan.worker.onnx.NotTranslatable;
import dev.capstan.worker.onnx.OnnxExport;
import dev.capstan.worker.onnx.OnnxFile;
import dev.capstan.worker.onnx.OnnxSession;
import dev.capstan.worker.outcome.Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import onnx.Onnx.ModelProto;

/**
 * A model as an ONNX file in the scratch folder, where it is measured as it would be stored and served.
 *
 * @param model what is in it
 * @param file where it lies
 * @param sizeBytes its length
 */
public record Exported(ModelProto model, Path file, long sizeBytes) {
    /** What measures call the file, before and after. */
    public static final String NAME = "model.onnx";

    /**
     * A network in floats.
     *
     * @param version of the worker
     * @throws Failure InvalidJob, naming the layer, if ONNX can't hold it
     */
    public static Exported of(Network network, Shape shape, String version, Path scratch) {
        try {
            return write(OnnxExport.of(network, shape, version), scratch);
        } catch (NotTranslatable e) {
            throw new Failure(Reason.InvalidJob, "model.from: " + e.getMessage(), e);
        }
    }

    /** Any model. */
    public static Exported write(ModelProto model, Path scratch) {
        try {
            var file = Files.createTempFile(scratch, "model-", ".onnx");
            DurableFile.write(file, out -> OnnxFile.write(model, out));
            return new Exported(model, file, Files.size(file));
        } catch (IOException e) {
            throw new Failure(Reason.WorkerError, "scratch folder " + scratch + " can't be written: " + e, e);
        }
    }

    /** The same, ready to be run. */
    public OnnxSession session() {
        return OnnxSession.of(file);
    }

    /**
     * Checks that the file answers as the network does.
     *
     * @throws Failure WorkerError if it doesn't: the translation is wrong, and what is measured of it means nothing
     */
    public Exported checked(Network network, Samples samples) {
        try (var session = session()) {
            var comparison = Comparison.of(network, session, samples);
            if (!comparison.agrees()) {
                throw new Failure(
                        Reason.WorkerError,
                        "model.from: ONNX Runtime's answers to " + comparison.samples() + " samples are up to "
                                + comparison.largestDifference() + " from DL4J's, so the model can't be measured");
            }
        }
        return this;
    }
}
