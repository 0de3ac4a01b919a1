package dev.capstan.worker.train;

import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.protocol.Training;
import dev.capstan.worker.data.Samples;
import dev.capstan.worker.outcome.Failure;

/** Whether a rank's share of a batch fits into its arrays, each of which is one buffer of less than 2 GiB. */
public final class BatchLimit {
    private BatchLimit() {}

    /**
     * @param samples training samples
     * @param classes number of output units
     * @param workers number of ranks
     * @throws Failure InvalidJob if it doesn't fit; the sentence says which batch does
     */
    public static void check(Training training, Samples samples, int classes, int workers) {
        int share = Schedule.of(samples.size(), training).largestShare(workers);
        int most = Batch.mostRows(samples.shape(), classes);
        if (share > most) {
            throw new Failure(
                    Reason.InvalidJob,
                    "training.batchSize is " + training.batchSize() + ", so a worker takes " + share
                            + " samples at once; with " + samples.shape().words() + " and " + classes
                            + " classes each, an array of less than 2 GiB holds no more than " + most + ". "
                            + (most == 0
                                    ? "This worker trains on no larger samples"
                                    : "Take at most " + (long) most * workers + ", or more workers"));
        }
    }
}
