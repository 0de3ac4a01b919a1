package dev.capstan.worker.job;

import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.outcome.Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads the job file and checks it whole, so that a wrong job ends at once and not after an hour. */
public final class JobReader {
    private JobReader() {}

    /**
     * The job in the file.
     *
     * @throws Failure InvalidJob if it is no job that this worker can do; the sentence names each wrong field.
     *     WorkerError if the file can't be read: the operator mounts it, not the user.
     */
    public static JobFile read(Path file) {
        String text;
        try {
            text = Files.readString(file);
        } catch (IOException e) {
            throw new Failure(Reason.WorkerError, "job file " + file + " can't be read: " + e, e);
        }
        try {
            var job = JobFile.read(text);
            var problems = JobCheck.problems(job);
            if (!problems.isEmpty()) {
                throw new Failure(Reason.InvalidJob, String.join("; ", problems));
            }
            return job;
        } catch (IllegalArgumentException e) {
            throw new Failure(Reason.InvalidJob, "job file " + file + " is " + e.getMessage(), e);
        }
    }
}
