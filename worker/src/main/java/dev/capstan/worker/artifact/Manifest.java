package dev.capstan.worker.artifact;

import dev.capstan.protocol.JobFile;
import java.util.Map;

/**
 * Says what an artifact is and whose; an artifact without one isn't complete.
 *
 * @param version {@link #VERSION}
 * @param job which job and which attempt of it made the model
 * @param model the archive
 * @param metrics measured on the test data, by name
 * @param training how it was made
 * @param software versions of the worker, DL4J and Java
 * @param created when, ISO 8601
 */
record Manifest(
        int version,
        JobFile.Job job,
        Model model,
        Map<String, Double> metrics,
        Training training,
        Map<String, String> software,
        String created) {

    /** The version that this code writes and reads. */
    static final int VERSION = 1;

    /**
     * @param file its name in the folder
     * @param digest {@code sha256:} and 64 hex digits over its bytes
     * @param sizeBytes its length
     */
    record Model(String file, String digest, long sizeBytes) {}

    /**
     * @param workers how many trained it
     * @param epochs passes over the data
     * @param steps updates
     * @param data {@code sha256:} and 64 hex digits over the training samples
     */
    record Training(int workers, int epochs, long steps, String data) {}
}
