package dev.capstan.worker.storage;

import dev.capstan.protocol.JobFile.Place;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.outcome.Failure;
import java.nio.file.Path;

/** Brings what a job names to where it can be read as files. */
public final class Fetched {
    private Fetched() {}

    /**
     * The place's own path if it lies on a volume; else it is fetched.
     *
     * @param field where the job names the place, for messages
     * @param scratch folder into which is fetched
     */
    public static Path path(String field, Place place, Path scratch) {
        if (place.s3() == null) {
            return Path.of(place.path());
        }
        throw new Failure(
                Reason.InvalidData, field + ": " + place.uri() + " is no place that this worker fetches from");
    }
}
