package dev.capstan.worker.artifact;

import dev.capstan.protocol.Acceptance;
import dev.capstan.protocol.CompressionStep;
import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.JobFile.Dataset;
import dev.capstan.protocol.JobFile.Place;
import dev.capstan.protocol.Json;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.protocol.Training;
import dev.capstan.protocol.Wire;
import dev.capstan.protocol.Work;
import dev.capstan.worker.outcome.Failure;
import dev.capstan.worker.torch.Engines;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What makes a model what it is: the job's model, data and training, without names, workers and attempts.
 *
 * @param description {@code sha256:} and 64 hex digits, the same for two jobs that describe the same training. Places
 *     count by their URIs, not by where pods mount them
 * @param wanted the engine that computes; null if the job takes whatever is faster
 */
public record Recipe(String description, Training.Engine wanted) {
    private record Content(JobFile.Model model, JobFile.Data data, Training training) {}

    /** The bounds belong to it: a model that was let through by others may be beyond these. */
    private record Compressed(
            JobFile.From from, Place jar, JobFile.Data data, List<CompressionStep> steps, Acceptance acceptance) {}

    /** @param threads null for one, of which older versions said nothing */
    private record Computed(String description, String engine, Integer threads) {}

    /**
     * The recipe of a job that this worker trains.
     *
     * @throws Failure WorkerError if the model's configuration can't be read: the operator mounts it, not the user
     */
    public static Recipe of(JobFile job) {
        var wanted = switch (job.work()) {
            case Work.Train train -> train.training().engine();
            case Work.Compress compress -> Training.Engine.DEEPLEARNING4J;
        };
        return new Recipe(FileDigest.of(Json.write(content(job))), wanted);
    }

    /** The description's digest together with the engine's version and threads: they round differently. */
    public String digest(Training.Engine engine, int threads) {
        return FileDigest.of(
                Json.write(new Computed(description, Engines.version(engine), threads == 1 ? null : threads)));
    }

    private static Object content(JobFile job) {
        return switch (job.work()) {
            case Work.Train(var model, var data, var training) ->
                new Content(model(model), data(data), training(training));
            case Work.Compress(var from, var jar, var data, var steps, var acceptance) ->
                new Compressed(from(from), place(jar), data(data), steps, acceptance);
        };
    }

    /**
     * Whether that is what a manifest says of this recipe; older versions, which had but one engine, left it out. A job
     * that takes whatever is faster takes what either has made, by however many threads.
     */
    boolean is(String recipe) {
        return description.equals(recipe)
                || Arrays.stream(Training.Engine.values())
                        .filter(engine -> wanted == null || wanted == engine)
                        .anyMatch(engine -> IntStream.rangeClosed(1, Engines.MOST_THREADS)
                                .anyMatch(threads -> digest(engine, threads).equals(recipe)));
    }

    private static JobFile.Model model(JobFile.Model model) {
        return new JobFile.Model(
                model.layers(),
                configuration(model.configuration()),
                from(model.from()),
                place(model.jar()),
                place(model.torchScript()));
    }

    /** Whether gradients are encrypted on their way is nothing to the model; what they are rounded to is. */
    private static Training training(Training training) {
        var wire = training.wire();
        return training.over(wire != null && wire.rounds() ? new Wire(null, wire.precision()) : null);
    }

    private static JobFile.From from(JobFile.From from) {
        return from == null ? null : new JobFile.From(place(from.place()), from.digest());
    }

    private static JobFile.Data data(JobFile.Data data) {
        return new JobFile.Data(dataset(data.train()), dataset(data.test()));
    }

    private static String configuration(String file) {
        try {
            return file == null ? null : FileDigest.of(Path.of(file));
        } catch (IOException e) {
            throw new Failure(Reason.WorkerError, "model configuration " + file + " can't be read: " + e, e);
        }
    }

    private static Dataset dataset(Dataset dataset) {
        return dataset == null
                ? null
                : new Dataset(
                        place(dataset.place()), dataset.format(), dataset.csv(), dataset.images(), dataset.text());
    }

    private static Place place(Place place) {
        if (place == null) {
            return null;
        }
        var s3 = place.s3() == null
                ? null
                : new JobFile.S3(place.s3().endpoint(), place.s3().region(), null);
        return new Place(place.uri() == null ? place.path() : null, place.uri(), s3);
    }
}
