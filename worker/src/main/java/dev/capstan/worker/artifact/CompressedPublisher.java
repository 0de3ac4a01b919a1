package dev.capstan.worker.artifact;

import dev.capstan.protocol.Compression;
import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Json;
import dev.capstan.protocol.Outcome.Artifact;
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
 * whose digest the network's archive holds. So one digest is over both, and over where they come from.
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
     * @param network in floats, before its first step
     * @param preprocessing how samples are read for it
     * @param onnx the file that is served
     * @param profile of the training data; null if there is none
     * @param trained training steps, over all fine-tunings
     * @param found what was measured
     */
    public record Compressed(
            Network network,
            Preprocessing preprocessing,
            Path onnx,
            Profile profile,
            long trained,
            Compression found) {}

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
            var model = output.temporary(OutputFolder.MODEL);
            var onnx = output.temporary(OutputFolder.ONNX);
            var read = output.temporary(OutputFolder.PREPROCESSING);
            var lineage = new ModelArchive.Lineage(inputs.from(), FileDigest.of(compressed.onnx()));
            DurableFile.write(onnx, out -> Files.copy(compressed.onnx(), out));
            DurableFile.write(
                    model, out -> ModelArchive.write(compressed.network(), compressed.preprocessing(), lineage, out));
            DurableFile.write(read, Json.write(compressed.preprocessing()));
            var metrics = metrics(compressed.found());
            DurableFile.write(output.temporary(OutputFolder.METRICS), Json.write(metrics));
            var profile = output.temporary(OutputFolder.PROFILE);
            if (compressed.profile() != null) {
                DurableFile.write(profile, Json.write(compressed.profile()));
            }
            var manifest = new Manifest(
                    Manifest.VERSION,
                    job.job(),
                    output.recipe(),
                    Manifest.File.of(model),
                    Manifest.File.of(read),
                    new Manifest.Onnx(Manifest.File.of(onnx), 0, 0, null),
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
                    new Manifest.Compressed(work.steps(), work.acceptance(), compressed.found()));
            var meanwhile = output.findFinished(inputs);
            return meanwhile.isPresent() ? meanwhile.get() : output.commit(manifest);
        } catch (IOException e) {
            throw output.unavailable(e);
        }
    }

    private static Map<String, Double> metrics(Compression found) {
        var metrics = new TreeMap<String, Double>();
        if (found.compressed().metric() != null) {
            metrics.put("accuracy", found.compressed().metric());
        }
        return metrics;
    }
}
