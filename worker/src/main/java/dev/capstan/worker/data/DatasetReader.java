package dev.capstan.worker.data;

import dev.capstan.protocol.JobFile.Dataset;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.outcome.Failure;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.zip.ZipException;

/** Reads the samples that a job names, and checks every one of them. */
public final class DatasetReader {
    private DatasetReader() {}

    /**
     * All samples of a dataset.
     *
     * @param field where the job names the dataset, for messages: {@code data.train}
     * @param classes number of classes; labels are 0 to classes - 1
     * @throws Failure InvalidData if the files aren't there or aren't as the format says; the sentence names file and
     *     record. WorkerError if the volume fails while reading, because a later attempt may be luckier.
     */
    public static Samples read(String field, Dataset dataset, int classes) {
        var source = new Source(
                field, Path.of(dataset.place().path()), dataset.place().uri());
        try {
            return switch (dataset.format()) {
                case IDX -> new IdxReader(source, classes).read();
                case CSV -> new CsvReader(source, dataset.csv(), classes).read();
                case IMAGES, TEXT -> throw source.invalid(source.path(), "has a format that this worker doesn't read");
            };
        } catch (NoSuchFileException e) {
            throw source.invalid(Path.of(e.getFile()), "does not exist");
        } catch (AccessDeniedException e) {
            throw source.invalid(Path.of(e.getFile()), "may not be read by the worker's user");
        } catch (EOFException | ZipException e) {
            throw source.invalid(source.path(), "has a broken gzip file: " + e.getMessage());
        } catch (IOException e) {
            throw new Failure(Reason.WorkerError, source.name(source.path()) + " failed while reading: " + e, e);
        }
    }
}
