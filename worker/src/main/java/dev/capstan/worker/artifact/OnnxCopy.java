package dev.capstan.worker.artifact;

import dev.capstan.worker.data.Samples;
import dev.capstan.worker.model.Network;
import dev.capstan.worker.onnx.Comparison;
import dev.capstan.worker.onnx.NotTranslatable;
import dev.capstan.worker.onnx.OnnxExport;
import dev.capstan.worker.onnx.OnnxFile;
import dev.capstan.worker.onnx.OnnxSession;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The model as ONNX beside DL4J's archive. It is there only if it answers as DL4J does; a training whose model has none
 * has not failed.
 */
final class OnnxCopy {
    private static final Logger LOG = LoggerFactory.getLogger(OnnxCopy.class);
    private static final int MIB = 1 << 20;

    /** The message that is written holds the weights once, ONNX Runtime up to three times while it loads. */
    private static final int COPIES = 4;

    private OnnxCopy() {}

    /**
     * Writes the file, and asks it about samples.
     *
     * @param samples what both are asked: real ones of the job
     * @param version of the worker
     * @param file where it goes; nothing is there afterwards if the model has none
     * @return what the manifest says of it
     * @throws IOException if the file can't be written
     */
    static Manifest.Onnx write(Network network, Samples samples, String version, Path file) throws IOException {
        try {
            var scarce = scarce(network.parameters().length() * Float.BYTES, FreeMemory.bytes());
            if (scarce.isPresent()) {
                return none(file, scarce.get());
            }
            var model = OnnxExport.of(network, samples.shape(), version);
            DurableFile.write(file, out -> OnnxFile.write(model, out));
            return compared(network, samples, file);
        } catch (NotTranslatable | IllegalArgumentException e) {
            return none(file, e.getMessage());
        } catch (RuntimeException | LinkageError | OutOfMemoryError e) {
            // Whatever it is: the model is trained, and its archive doesn't need this.
            LOG.warn("writing {} failed", OutputFolder.ONNX, e);
            return none(file, "writing it failed: " + e);
        }
    }

    private static Manifest.Onnx compared(Network network, Samples samples, Path file) throws IOException {
        Comparison comparison;
        try (var session = OnnxSession.of(file)) {
            comparison = Comparison.of(network, session, samples);
        }
        if (!comparison.agrees()) {
            return none(
                    file,
                    String.format(
                            Locale.ROOT,
                            "ONNX Runtime's answers to %d samples are up to %.2g from DL4J's, whose largest is %.3g",
                            comparison.samples(),
                            comparison.largestDifference(),
                            comparison.largestAnswer()));
        }
        LOG.info(
                "{} answers {} samples as DL4J does, within {}",
                OutputFolder.ONNX,
                comparison.samples(),
                String.format(Locale.ROOT, "%.1e", comparison.largestDifference()));
        return new Manifest.Onnx(Manifest.File.of(file), comparison.samples(), comparison.largestDifference(), null);
    }

    /** Why a model can't be written without risking that the kernel ends this process; empty if it can. */
    static Optional<String> scarce(long weights, OptionalLong free) {
        return free.isEmpty() || COPIES * weights <= free.getAsLong()
                ? Optional.empty()
                : Optional.of("it takes up to " + COPIES * weights / MIB + " MiB to write and to check, and only "
                        + free.getAsLong() / MIB + " MiB are free below the memory limit");
    }

    private static Manifest.Onnx none(Path file, String why) throws IOException {
        Files.deleteIfExists(file);
        LOG.warn("the artifact gets no {}: {}", OutputFolder.ONNX, why);
        return new Manifest.Onnx(null, 0, 0, why);
    }
}
