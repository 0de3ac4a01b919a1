package dev.capstan.worker.artifact;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Json;
import dev.capstan.protocol.Outcome.Artifact;
import dev.capstan.worker.model.Network;
import dev.capstan.worker.outcome.Failure;
import java.io.BufferedOutputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
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
            write(model, out -> ModelArchive.write(network, out));
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
            write(output.temporary(OutputFolder.METRICS), text(Json.write(metrics)));
            write(output.temporary(OutputFolder.MANIFEST), text(Json.write(manifest)));
            output.checkStillFree();
            write(output.publishing(), text(""));
            for (var name : new String[] {OutputFolder.MODEL, OutputFolder.METRICS, OutputFolder.MANIFEST}) {
                Files.move(
                        output.temporary(name),
                        output.file(name),
                        StandardCopyOption.ATOMIC_MOVE,
                        StandardCopyOption.REPLACE_EXISTING);
                syncFolder();
            }
            Files.delete(output.publishing());
            return artifact;
        } catch (IOException e) {
            throw output.unavailable(e);
        }
    }

    private interface Content {
        void writeTo(OutputStream out) throws IOException;
    }

    private static Content text(String text) {
        return out -> out.write(text.getBytes(UTF_8));
    }

    private static void write(Path file, Content content) throws IOException {
        try (var raw = new FileOutputStream(file.toFile())) {
            var out = new BufferedOutputStream(raw, 1 << 16);
            content.writeTo(out);
            out.flush();
            raw.getFD().sync();
        }
    }

    /** Makes a new name last: on Linux a folder is written to the disk as files are. */
    private void syncFolder() throws IOException {
        try (var folder = FileChannel.open(output.file("."), StandardOpenOption.READ)) {
            folder.force(true);
        }
    }
}
