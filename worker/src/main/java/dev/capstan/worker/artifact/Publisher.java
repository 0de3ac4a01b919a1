package dev.capstan.worker.artifact;

import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Json;
import dev.capstan.protocol.Outcome.Artifact;
import dev.capstan.worker.outcome.Failure;
import dev.capstan.worker.torch.ScriptModels;
import java.io.IOException;
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
     * @param software versions by name, for the manifest; {@code worker} among them
     * @param clock tells the manifest's time
     */
    public Publisher(JobFile job, OutputFolder output, Map<String, String> software, Clock clock) {
        this.job = job;
        this.output = output;
        this.software = software;
        this.clock = clock;
    }

    /**
     * Writes the model as DL4J's archive and as ONNX, and all that tells of it. Until the manifest has its name the
     * artifact doesn't exist, and from then on it is whole, whenever the machine dies.
     *
     * @return the artifact that is there now: another's, if that was finished meanwhile and may be taken
     * @throws Failure OutputUnavailable if it can't be written; StorageUnavailable if that may pass
     */
    public Artifact publish(Result result) {
        var network = result.network();
        var inputs = result.inputs();
        var metrics = result.metrics();
        var recipe = output.recipe(result.engine(), result.threads());
        try {
            // Of an earlier call that failed at its very end: what it wrote is named already, and not to be written
            // anew.
            var finished = output.findFinished(inputs);
            if (finished.isPresent()) {
                return finished.get();
            }
            boolean script = ScriptModels.isOne(network);
            var model = output.temporary(script ? OutputFolder.TORCH_SCRIPT : OutputFolder.MODEL);
            var read = output.temporary(OutputFolder.PREPROCESSING);
            DurableFile.write(model, out -> {
                if (script) {
                    ScriptModels.write(
                            network,
                            OutputFolder.TORCH_SCRIPT,
                            OutputFolder.PREPROCESSING,
                            result.preprocessing(),
                            out);
                } else {
                    ModelArchive.write(network, result.preprocessing(), out);
                }
            });
            var onnx = script
                    ? new Manifest.Onnx(null, 0, 0, "a TorchScript module isn't translated")
                    : OnnxCopy.write(
                            network, result.samples(), software.get("worker"), output.temporary(OutputFolder.ONNX));
            DurableFile.write(read, Json.write(result.preprocessing()));
            DurableFile.write(output.temporary(OutputFolder.METRICS), MetricsFile.of(result));
            if (!result.history().isEmpty()) {
                DurableFile.write(
                        output.temporary(OutputFolder.EVENTS),
                        out -> EventFile.write(result.history(), metrics, inputs.test() != null, out));
            }
            var profile = output.temporary(OutputFolder.PROFILE);
            DurableFile.write(profile, Json.write(result.profile()));
            var card = ModelCard.of(job, result, recipe, Manifest.File.of(model), onnx);
            DurableFile.write(output.temporary(OutputFolder.CARD), Json.write(card));
            DurableFile.write(output.temporary(OutputFolder.CARD_FOR_PEOPLE), CardText.of(card));
            var manifest = new Manifest(
                    Manifest.VERSION,
                    job.job(),
                    recipe,
                    Manifest.File.of(model),
                    Manifest.File.of(read),
                    onnx,
                    Manifest.File.of(profile),
                    metrics,
                    new Manifest.Training(
                            job.peers().size(),
                            metrics.getOrDefault("epochs", (double)
                                            job.train().training().epochs())
                                    .intValue(),
                            network.step(),
                            inputs.train(),
                            inputs.test(),
                            inputs.from(),
                            inputs.jar()),
                    software,
                    clock.instant().toString(),
                    result.warnings());
            return output.commit(manifest, inputs);
        } catch (IOException e) {
            throw output.unavailable(e);
        }
    }
}
