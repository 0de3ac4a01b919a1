package dev.capstan.worker.compress;

import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.artifact.DurableFile;
import dev.capstan.worker.model.Answering;
import dev.capstan.worker.onnx.OnnxAnswering;
import dev.capstan.worker.onnx.OnnxFile;
import dev.capstan.worker.onnx.OnnxSession;
import dev.capstan.worker.onnx.Signature;
import dev.capstan.worker.outcome.Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import onnx.Onnx.ModelProto;

/**
 * A model as an ONNX file, which ONNX Runtime computes.
 *
 * @param model what is in it
 * @param signature how it takes samples
 * @param file where it lies
 * @param sizeBytes its length
 */
public record Exported(ModelProto model, Signature signature, Path file, long sizeBytes) implements Measurable {
    /** Writes any model. */
    public static Exported write(ModelProto model, Signature signature, Path scratch) {
        try {
            var file = Files.createTempFile(scratch, "model-", ".onnx");
            DurableFile.write(file, out -> OnnxFile.write(model, out));
            return new Exported(model, signature, file, Files.size(file));
        } catch (IOException e) {
            throw new Failure(Reason.WorkerError, "scratch folder " + scratch + " can't be written: " + e, e);
        }
    }

    @Override
    public String name() {
        return "model.onnx";
    }

    @Override
    public Answering open() {
        return new OnnxAnswering(OnnxSession.of(file), signature);
    }
}
