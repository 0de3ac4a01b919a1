package dev.capstan.worker.artifact;

import dev.capstan.protocol.Compression;
import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Json;
import dev.capstan.protocol.Outcome.Artifact;
import dev.capstan.protocol.Training;
import dev.capstan.protocol.Work;
import dev.capstan.worker.data.Preprocessing;
import dev.capstan.worker.model.Network;
import dev.capstan.worker.outcome.Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import java.util.TreeMap;

/**
 * Writes the artifact of a job that compresses: the network as pruning has left it, and the ONNX file that is served,
 * whose digest the network's archive holds. So one digest is over both, and over where they come from. What was made of
 * an ONNX file has no archive: the digest is that of the ONNX file, which holds the same.
 */
public final class CompressedPublisher {
    private final JobFile job;
    private final Work.Compress work;
    private final OutputFolder output;
    private final Map<String, String> software;
    private final Clock clock;

    /**
     * @param job whose artifact it is
     * @param work what it does
     * @param output its folder
     * @param software versions by name, for the manifest
     * @param clock tells the manifest's time
     */
    public CompressedPublisher(
            JobFile job, Work.Compress work, OutputFolder output, Map<String, String> software, Clock clock) {
        this.job = job;
        this.work = work;
        this.output = output;
        this.software = software;
        this.clock = clock;
    }

    /**
     * What is published.
     *
     * @param network in floats, before its first step; null if the model is an ONNX file alone
     * @param preprocessing how samples are read for it
     * @param onnx the file that is served, how far its answers are from the model's that it stands for, and on how many
     *     samples; without a file, why there is none
     * @param samples number of training samples that were read
     * @param profile of the training data, as it is written; null if there is none
     * @param trained training steps, over all fine-tunings
     * @param found what was measured
     * @param instructions of the CPU that measured
     * @param past what the model that came tells of itself
     */
    public record Compressed(
            Network network,
            Preprocessing preprocessing,
            Served onnx,
            int samples,
            String profile,
            long trained,
            Compression found,
            String instructions,
            Past past) {}

    /**
     * The file that is served.
     *
     * @param file null if there is none
     * @param compared on how many samples it was compared
     * @param largestDifference that was found
     * @param missing why there is none, in a sentence; null if there is one
     */
    public record Served(Path file, int compared, double largestDifference, String missing) {}

    /**
     * Writes all files. Until the manifest has its name the artifact doesn't exist, and from then on it is whole,
     * whenever the machine dies.
     *
     * @param inputs what the job has read
     * @return the artifact that is there now: another's, if that was finished meanwhile and may be taken
     * @throws Failure OutputUnavailable if it can't be written; StorageUnavailable if that may pass
     */
    public Artifact publish(Compressed compressed, Inputs inputs) {
        try {
            var finished = output.findFinished(inputs);
            if (finished.isPresent()) {
                return finished.get();
            }
            var onnx = onnx(compressed.onnx());
            var read = output.temporary(OutputFolder.PREPROCESSING);
            DurableFile.write(read, Json.write(compressed.preprocessing()));
            var model = compressed.network() == null ? onnx.file() : archive(compressed, inputs, onnx);
            var metrics = metrics(compressed.found());
            DurableFile.write(output.temporary(OutputFolder.METRICS), Json.write(metrics));
            var profile = output.temporary(OutputFolder.PROFILE);
            if (compressed.profile() != null) {
                DurableFile.write(profile, compressed.profile());
            }
            var card = ModelCard.of(
                    job, work, compressed, inputs, output.recipe(Training.Engine.DEEPLEARNING4J, 1), model, onnx);
            DurableFile.write(output.temporary(OutputFolder.CARD), Json.write(card));
            DurableFile.write(output.temporary(OutputFolder.CARD_FOR_PEOPLE), CardText.of(card));
            var manifest = new Manifest(
                    Manifest.VERSION,
                    job.job(),
                    output.recipe(Training.Engine.DEEPLEARNING4J, 1),
                    model,
                    Manifest.File.of(read),
                    onnx,
                    compressed.profile() == null ? null : Manifest.File.of(profile),
                    metrics,
                    new Manifest.Training(
                            job.peers().size(),
                            0,
                            compressed.trained(),
                            inputs.train(),
                            inputs.test(),
                            inputs.from(),
                            inputs.jar()),
                    software,
                    clock.instant().toString(),
                    new Manifest.Compressed(work.steps(), work.acceptance(), compressed.found()),
                    null);
            return output.commit(manifest, inputs);
        } catch (IOException e) {
            throw output.unavailable(e);
        }
    }

    private Manifest.Onnx onnx(Served served) throws IOException {
        if (served.file() == null) {
            return new Manifest.Onnx(null, 0, 0, served.missing());
        }
        var onnx = output.temporary(OutputFolder.ONNX);
        DurableFile.write(onnx, out -> Files.copy(served.file(), out));
        return new Manifest.Onnx(Manifest.File.of(onnx), served.compared(), served.largestDifference(), null);
    }

    private Manifest.File archive(Compressed compressed, Inputs inputs, Manifest.Onnx onnx) throws IOException {
        var model = output.temporary(OutputFolder.MODEL);
        var lineage = new ModelArchive.Lineage(
                inputs.from(), onnx.file() == null ? null : onnx.file().digest());
        DurableFile.write(
                model, out -> ModelArchive.write(compressed.network(), compressed.preprocessing(), lineage, out));
        return Manifest.File.of(model);
    }

    /** What the result is measured by, by name. */
    static Map<String, Double> metrics(Compression found) {
        var metrics = new TreeMap<String, Double>();
        if (found.compressed().metric() != null) {
            metrics.put("accuracy", found.compressed().metric());
        }
        return metrics;
    }
}
