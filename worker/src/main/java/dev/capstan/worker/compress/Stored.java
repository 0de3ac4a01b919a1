package dev.capstan.worker.compress;

import dev.capstan.protocol.CompressionStep;
import dev.capstan.protocol.CompressionStep.Prune;
import dev.capstan.protocol.CompressionStep.Prune.Granularity;
import dev.capstan.protocol.CompressionStep.Quantize;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.protocol.Work;
import dev.capstan.worker.artifact.FileDigest;
import dev.capstan.worker.artifact.ModelArchive;
import dev.capstan.worker.model.Network;
import dev.capstan.worker.outcome.Failure;
import java.io.IOException;
import java.util.List;

/**
 * What a model takes as it is stored. It is measured by its ONNX file, which is served; but a job that leaves zeros and
 * doesn't quantize, or whose network ONNX can't hold, by DL4J's archive, whose deflated zeros take next to no room,
 * while ONNX stores them like all numbers. It is one file for the whole job, so that the model as it came and all that
 * was made of it are of one format and of the same parts: the archive has no optimizer's state, whatever lay in the one
 * that came.
 *
 * @param file its name
 * @param sizeBytes its length
 */
public record Stored(String file, long sizeBytes) {
    /** DL4J's archive. */
    static final String ARCHIVE = "model.zip";

    /**
     * Measures a model.
     *
     * @param network in floats; null if the model that came is an ONNX file alone
     * @param made the same in the form in which it is measured, or what quantization made of it
     */
    static Stored of(Work.Compress work, Loaded loaded, Network network, Measurable made) {
        boolean archive = made instanceof Archived || isArchive(work.steps());
        if (network == null || !archive) {
            return new Stored(made.name(), made.sizeBytes());
        }
        try {
            var onnx = made instanceof Exported ? FileDigest.of(made.file()) : null;
            var lineage = new ModelArchive.Lineage(loaded.inputs().from(), onnx);
            return new Stored(ARCHIVE, ModelArchive.length(network, loaded.preprocessing(), lineage));
        } catch (IOException e) {
            throw new Failure(Reason.WorkerError, made.file() + " can't be read: " + e, e);
        }
    }

    private static boolean isArchive(List<CompressionStep> steps) {
        boolean zeros = false;
        for (var step : steps) {
            switch (step) {
                case Prune prune -> zeros |= prune.granularity() != Granularity.UNIT;
                case Quantize _ -> {
                    return false;
                }
            }
        }
        return zeros;
    }
}
