package dev.capstan.worker.artifact;

import dev.capstan.protocol.JobFile.From;
import dev.capstan.protocol.JobFile.Place;
import dev.capstan.protocol.Json;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.outcome.Failure;
import dev.capstan.worker.storage.BoundedText;
import dev.capstan.worker.storage.Fetched;
import dev.capstan.worker.storage.ObjectException;
import dev.capstan.worker.storage.ObjectFolder;
import dev.capstan.worker.storage.Outage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings an artifact that a job goes on from to this machine, as a folder like one on a volume: of a bucket the files
 * that its manifest names, and not what else lies there, such as checkpoints.
 */
public final class FetchedArtifact {
    private static final Logger LOG = LoggerFactory.getLogger(FetchedArtifact.class);
    private static final String FIELD = "model.from";
    /** Each further try because another job's artifact has taken its place meanwhile. */
    private static final int MOST_TRIES = 3;

    /** The manifest doesn't name them; they lie beside the model, or nowhere. */
    private static final List<String> BESIDE =
            List.of(OutputFolder.METRICS, OutputFolder.CARD, OutputFolder.CARD_FOR_PEOPLE);

    private FetchedArtifact() {}

    /**
     * The same artifact on disk.
     *
     * @param scratch folder into which is fetched
     * @throws Failure InvalidData if there is nothing, if it isn't the one that the job names, or if the service
     *     refuses; StorageUnavailable if the service fails; WorkerError if the scratch folder is full
     */
    public static From of(From from, Path scratch) {
        var place = from.place();
        var folder = place.s3() == null ? Optional.<Path>empty() : fetched(from, scratch);
        var path = folder.orElseGet(() -> Fetched.path(FIELD, place, scratch));
        return new From(new Place(path.toString(), place.uri(), null), from.digest());
    }

    /** Empty if there is no manifest. */
    private static Optional<Path> fetched(From from, Path scratch) {
        var uri = from.place().uri();
        var bucket = ObjectFolder.read(FIELD, uri, from.place().s3());
        try {
            var text = bucket.text(OutputFolder.MANIFEST, BoundedText.SHORT);
            if (text.isEmpty()) {
                return Optional.empty();
            }
            var target = Files.createTempDirectory(scratch, "artifact-");
            for (int tries = 1; ; tries++) {
                var manifest = Manifest.read(text.get().text());
                EarlierArtifact.checkDigest(from, manifest);
                if (fetch(bucket, manifest, target)) {
                    return Optional.of(target);
                }
                var before = text.get().tag();
                text = bucket.text(OutputFolder.MANIFEST, BoundedText.SHORT);
                if (tries == MOST_TRIES || text.isEmpty() || text.get().tag().equals(before)) {
                    throw EarlierArtifact.damaged(uri);
                }
            }
        } catch (IllegalArgumentException e) {
            throw new Failure(Reason.InvalidData, FIELD + ": " + uri + " can't be used: " + e.getMessage());
        } catch (IOException e) {
            throw new Failure(Outage.or(Reason.InvalidData, e), FIELD + ": " + uri + " can't be fetched: " + e, e);
        }
    }

    /** False if a file isn't there, or is another. */
    private static boolean fetch(ObjectFolder bucket, Manifest manifest, Path target) throws IOException {
        var named = manifest.model() == null ? manifest : manifest.named("");
        var from = manifest.files();
        var to = named.files();
        for (int i = 0; i < from.size(); i++) {
            var file = target.resolve(to.get(i).file());
            try {
                bucket.fetch(from.get(i).file(), file);
            } catch (NoSuchFileException e) {
                return false;
            }
            if (!FileDigest.of(file).equals(to.get(i).digest())) {
                return false;
            }
        }
        if (manifest.model() != null) {
            fetchBeside(bucket, manifest.model().file(), target);
        }
        Files.writeString(target.resolve(OutputFolder.MANIFEST), Json.write(named));
        return true;
    }

    private static void fetchBeside(ObjectFolder bucket, String model, Path target) throws IOException {
        var folder = model.substring(0, model.lastIndexOf('/') + 1);
        for (var name : BESIDE) {
            try {
                var text = bucket.text(folder + name, BoundedText.SHORT);
                if (text.isPresent()) {
                    Files.writeString(target.resolve(name), text.get().text());
                }
            } catch (ObjectException e) {
                // Whoever may not list the bucket is denied what isn't there.
                LOG.debug("goes without {}: {}", name, e.getMessage());
            }
        }
    }
}
