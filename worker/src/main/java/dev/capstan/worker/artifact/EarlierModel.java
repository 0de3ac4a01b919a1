package dev.capstan.worker.artifact;

import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Json;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.data.Preprocessing;
import dev.capstan.worker.outcome.Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * An artifact that a job goes on from.
 *
 * @param model its archive
 * @param preprocessing how samples are read for it
 */
public record EarlierModel(Path model, Preprocessing preprocessing) {
    /**
     * Opens an artifact, and verifies that it is whole and the one that the job names.
     *
     * @param from what the job says of it
     * @param folder where it lies
     * @throws Failure InvalidData if it isn't there, isn't whole or is another; WorkerError if the volume fails while
     *     reading
     */
    public static EarlierModel open(JobFile.From from, Path folder) {
        var uri = from.place().uri();
        try {
            var manifest = Manifest.read(folder.resolve(OutputFolder.MANIFEST));
            if (manifest.model() == null || manifest.preprocessing() == null) {
                throw invalid(
                        uri,
                        "has a manifest.json that doesn't name a model and its preprocessing; it must be the"
                                + " output of a TrainingJob of this version");
            }
            if (from.digest() != null && !from.digest().equals(manifest.model().digest())) {
                throw invalid(
                        uri,
                        "holds the model " + manifest.model().digest() + ", the job asks for " + from.digest()
                                + "; the model there has been replaced");
            }
            if (!manifest.whole(folder)) {
                throw invalid(
                        uri,
                        "is damaged: its files aren't those that its manifest.json names; train that model" + " again");
            }
            var preprocessing =
                    Files.readString(folder.resolve(manifest.preprocessing().file()));
            return new EarlierModel(
                    folder.resolve(manifest.model().file()), Json.read(preprocessing, Preprocessing.class));
        } catch (NoSuchFileException e) {
            throw invalid(uri, "has no manifest.json; it must be the output of a TrainingJob that has succeeded");
        } catch (IllegalArgumentException e) {
            throw invalid(uri, "can't be used: " + e.getMessage());
        } catch (IOException e) {
            throw new Failure(Reason.WorkerError, "model.from: " + uri + " failed while reading: " + e, e);
        }
    }

    private static Failure invalid(String uri, String problem) {
        return new Failure(Reason.InvalidData, "model.from: " + uri + " " + problem);
    }
}
