package dev.capstan.worker.artifact;

import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Json;
import dev.capstan.protocol.Outcome.Artifact;
import dev.capstan.worker.model.Network;
import dev.capstan.worker.outcome.Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.util.Map;

/** Writes a job's artifact. */
public final class Publisher {
    private final JobFile job;
    private final OutputFolder output;
    private final Map<String, String> software;
    private final Clock clock;

    /**
     * @param job whose artifact it is
     * @param output its folder
     * @param software versions by name, for the manifest
     * @param clock tells the manifest's time
     */
    public Publisher(JobFile job, OutputFolder output, Map<String, String> software, Clock clock) {
        this.job = job;
        this.output = output;
        this.software = software;
        this.clock = clock;
    }

    /**
     * Writes model, metrics and manifest. Until the manifest has its name the artifact doesn't exist, and from then on
     * it is whole, whenever the machine dies.
     *
     * @param network the trained network
     * @param metrics measured on the test data, by name
     * @param data SHA-256 of the training samples
     * @throws Failure OutputUnavailable if it can't be written
     */
    public Artifact publish(Network network, Map<String, Double> metrics, byte[] data) {
        try {
            var model = output.temporary(OutputFolder.MODEL);
            DurableFile.write(model, out -> ModelArchive.write(network, out));
            var artifact = new Artifact(output.uri(), FileDigest.of(model), Files.size(model), metrics);
            var manifest = new Manifest(
                    Manifest.VERSION,
                    job.job(),
                    new Manifest.Model(OutputFolder.MODEL, artifact.digest(), artifact.sizeBytes()),
                    metrics,
                    new Manifest.Training(
                            job.peers().size(), job.training().epochs(), network.step(), FileDigest.text(data)),
                    software,
                    clock.instant().toString());
            DurableFile.write(output.temporary(OutputFolder.METRICS), Json.write(metrics));
            DurableFile.write(output.temporary(OutputFolder.MANIFEST), Json.write(manifest));
            output.checkStillFree();
            DurableFile.write(output.publishing(), "");
            for (var name : new String[] {OutputFolder.MODEL, OutputFolder.METRICS, OutputFolder.MANIFEST}) {
                Files.move(
                        output.temporary(name),
                        output.file(name),
                        StandardCopyOption.ATOMIC_MOVE,
                        StandardCopyOption.REPLACE_EXISTING);
                DurableFile.syncFolder(output.file("."));
            }
            Files.delete(output.publishing());
            return artifact;
        } catch (IOException e) {
            throw output.unavailable(e);
        }
    }
}
