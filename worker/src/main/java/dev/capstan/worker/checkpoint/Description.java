package dev.capstan.worker.checkpoint;

import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Training;

/**
 * Where a training stands between two steps, beside parameters and optimizer, and whose it is.
 *
 * @param version {@link #VERSION}
 * @param job which job and which attempt of it kept the state
 * @param recipe digest of the job's model, data and training
 * @param data digest of the training samples
 * @param workers how many trained
 * @param step steps done since the start of the training
 * @param epoch epochs completed, what is measured after each included
 * @param batch steps done of the epoch under way
 * @param validation what was measured on the validation split; null before the first epoch's end, or without one
 * @param engine what computed the training; null for DL4J, which older versions had alone
 * @param productiveSeconds how long it took to make these steps; null if an older version wrote it, which didn't count
 * @param threads that computed on each worker; null for one, which older versions had alone
 * @param term in which the gang was, of those that the job's status numbers; null before the first that the operator
 *     has issued, and if an older version wrote it
 */
public record Description(
        int version,
        JobFile.Job job,
        String recipe,
        String data,
        int workers,
        long step,
        int epoch,
        int batch,
        Validation validation,
        Training.Engine engine,
        Double productiveSeconds,
        Integer threads,
        Integer term) {

    /** Of a training that DL4J computed. */
    public Description(
            int version,
            JobFile.Job job,
            String recipe,
            String data,
            int workers,
            long step,
            int epoch,
            int batch,
            Validation validation) {
        this(version, job, recipe, data, workers, step, epoch, batch, validation, null, null, null, null);
    }

    /** The version that this code writes and reads. */
    public static final int VERSION = 1;

    /** How long it took to make these steps, as far as that was counted. */
    public double productive() {
        return productiveSeconds == null ? 0 : productiveSeconds;
    }

    /**
     * @param last of the last epoch
     * @param best of the best epoch
     * @param bestEpoch which one that is, counted from 1
     */
    public record Validation(Measure last, Measure best, int bestEpoch) {}

    /**
     * @param loss mean loss a sample
     * @param accuracy share of the samples whose class was found; null if the model predicts numbers
     * @param rmse root of the mean squared error of what it predicts; null if it tells classes apart
     */
    public record Measure(double loss, Double accuracy, Double rmse) {
        /** Of a model that tells classes apart. */
        public Measure(double loss, double accuracy) {
            this(loss, accuracy, null);
        }
    }
}
