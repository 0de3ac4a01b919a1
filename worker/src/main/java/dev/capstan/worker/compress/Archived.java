package dev.capstan.worker.compress;

import dev.capstan.protocol.JobFile.Place;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.artifact.DurableFile;
import dev.capstan.worker.artifact.ModelArchive;
import dev.capstan.worker.data.Preprocessing;
import dev.capstan.worker.model.Answering;
import dev.capstan.worker.model.Network;
import dev.capstan.worker.model.NetworkAnswering;
import dev.capstan.worker.outcome.Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A network as DL4J's archive, which DL4J itself computes: for those that ONNX can't hold.
 *
 * @param file where it lies, the only one in its folder
 * @param sizeBytes its length
 * @param preprocessing how samples are read for it
 * @param jar the user's own layers; null if there are none
 * @param untranslatable why it is no ONNX file, in a sentence
 */
public record Archived(Path file, long sizeBytes, Preprocessing preprocessing, Place jar, String untranslatable)
        implements Measurable {
    static Archived of(Network network, Preprocessing preprocessing, Place jar, String untranslatable, Path scratch) {
        try {
            var folder = Files.createTempDirectory(scratch, "archive-");
            var file = folder.resolve("model.zip");
            DurableFile.write(file, out -> ModelArchive.write(network, out));
            return new Archived(file, Files.size(file), preprocessing, jar, untranslatable);
        } catch (IOException e) {
            throw new Failure(Reason.WorkerError, "scratch folder " + scratch + " can't be written: " + e, e);
        }
    }

    @Override
    public String name() {
        return "model.zip";
    }

    @Override
    public Answering open() {
        return new NetworkAnswering(
                Rebuilt.in(file.getParent(), file.getParent().toString(), Rebuilt.NONE, preprocessing, jar));
    }
}
