package dev.capstan.worker.compress;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Json;
import dev.capstan.worker.artifact.DurableFile;
import dev.capstan.worker.checkpoint.Checkpoint;
import dev.capstan.worker.checkpoint.Description;
import dev.capstan.worker.checkpoint.State;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The state of a compression without a network.
 *
 * @param job which job, and which attempt of it
 * @param workers how many there are
 * @param recipe digest of the job's model, data and steps
 * @param data digest of the training samples
 * @param number of the part that is done
 * @param kept what there is to keep
 */
public record Kept(JobFile.Job job, int workers, String recipe, String data, long number, List<Part> kept)
        implements State {
    @Override
    public Description description() {
        return new Description(Description.VERSION, job, recipe, data, workers, number, 0, 0, null);
    }

    @Override
    public Map<String, DurableFile.Content> parts() {
        var parts = new LinkedHashMap<String, DurableFile.Content>();
        parts.put(
                Checkpoint.DESCRIPTION,
                out -> out.write(Json.write(description()).getBytes(UTF_8)));
        kept.forEach(each -> parts.put(each.name(), each::write));
        return parts;
    }

    @Override
    public void read(Parts parts) {
        // Whoever goes on has read them from the checkpoint's folder.
    }
}
