package dev.capstan.worker.artifact;

import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Json;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.data.Preprocessing;
import dev.capstan.worker.outcome.Failure;
import dev.capstan.worker.storage.Outage;
import dev.capstan.worker.storage.Volume;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** An artifact that a job goes on from. */
public final class EarlierArtifact {
    private EarlierArtifact() {}

    /**
     * Verifies that an artifact is whole and the one that the job names, and reads how samples are read for it.
     *
     * @param from what the job says of it
     * @param folder where it lies
     * @return empty if it is a bare model that DL4J wrote, of which nothing else is known
     * @throws Failure InvalidData if it isn't there, isn't whole or is another; StorageUnavailable if its storage fails
     */
    public static Optional<Preprocessing> preprocessing(JobFile.From from, Path folder) {
        var uri = from.place().uri();
        try {
            var file = folder.resolve(OutputFolder.MANIFEST);
            if (!Volume.exists(file)) {
                if (Volume.exists(folder.resolve(OutputFolder.MODEL))) {
                    return Optional.empty();
                }
                throw invalid(
                        uri,
                        "has neither a model.zip nor a manifest.json; it must be the output of a TrainingJob"
                                + " that has succeeded");
            }
            var manifest = Manifest.read(file);
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
            return Optional.of(Json.read(preprocessing, Preprocessing.class));
        } catch (IllegalArgumentException e) {
            throw invalid(uri, "can't be used: " + e.getMessage());
        } catch (IOException e) {
            throw new Failure(Outage.or(Reason.InvalidData, e), "model.from: " + uri + " can't be read: " + e, e);
        }
    }

    private static Failure invalid(String uri, String problem) {
        return new Failure(Reason.InvalidData, "model.from: " + uri + " " + problem);
    }
}
