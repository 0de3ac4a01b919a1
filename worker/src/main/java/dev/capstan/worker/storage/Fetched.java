package dev.capstan.worker.storage;

import dev.capstan.protocol.JobFile.Place;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.outcome.Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** Brings what a job names to where it can be read as files. */
public final class Fetched {
    private Fetched() {}

    /**
     * The place's own path if it lies on a volume; else it is fetched whole: an object becomes a file of its name, all
     * objects below a prefix become a folder.
     *
     * @param field where the job names the place, for messages
     * @param scratch folder into which is fetched
     * @throws Failure InvalidJob if the path has letters that this process can't read, InvalidData if there is nothing
     *     or the service refuses, StorageUnavailable if the service fails, WorkerError if the scratch folder is full
     */
    public static Path path(String field, Place place, Path scratch) {
        return path(field, place, scratch, ObjectService.FIRST_PAUSE);
    }

    static Path path(String field, Place place, Path scratch, Duration firstPause) {
        if (place.s3() == null) {
            return FileName.path(field, place.path());
        }
        var source = ObjectUri.parse(field, place.uri());
        try (var store = new ObjectStore(field, source, place.s3(), firstPause)) {
            return store.fetch(Files.createTempDirectory(scratch, "fetched-"));
        } catch (IOException e) {
            throw new Failure(Reason.WorkerError, "scratch folder " + scratch + " can't be used: " + e, e);
        }
    }
}
