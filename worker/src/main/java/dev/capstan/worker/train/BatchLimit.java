package dev.capstan.worker.train;

import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.protocol.Training;
import dev.capstan.worker.data.Samples;
import dev.capstan.worker.data.Shape;
import dev.capstan.worker.outcome.Failure;
import dev.capstan.worker.step.Stage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Whether a batch can be shared out: by its size, and by what the model computes of it. */
public final class BatchLimit {
    private static final Logger LOG = LoggerFactory.getLogger(BatchLimit.class);

    private BatchLimit() {}

    /**
     * Whether gradients over shares of a batch can be added up, and no batch is too small to be computed.
     *
     * @param samples number of training samples
     * @param workers number of ranks
     * @throws Failure InvalidJob or InvalidData if not; the sentence says why
     */
    public static void check(Training training, int samples, Stage stage, int workers) {
        var layer = stage.wholeBatchLoss();
        if (workers > 1 && layer.isPresent()) {
            throw new Failure(
                    Reason.InvalidJob,
                    "the model ends in " + layer.get() + ", whose loss is no sum over samples: what " + workers
                            + " workers compute over parts of a batch doesn't add up to it. Train it with one worker, or"
                            + " take another loss");
        }
        if (training.parts() > 1 && layer.isPresent()) {
            throw new Failure(
                    Reason.InvalidJob,
                    "the model ends in " + layer.get() + ", whose loss is no sum over samples: what is computed over "
                            + training.parts()
                            + " parts of a batch doesn't add up to it. Leave training.accumulateSteps"
                            + " out, or take another loss");
        }
        int fewest = stage.fewestSamples();
        if (training.batchSize() < fewest) {
            throw new Failure(
                    Reason.InvalidJob,
                    "training.batchSize is " + training.batchSize()
                            + "; the model's batch normalization needs at least " + fewest
                            + " samples, because the variance of one is 0");
        }
        if (samples < fewest) {
            throw new Failure(
                    Reason.InvalidData,
                    "data.train has " + samples + " sample to train on; the model's batch normalization needs at least "
                            + fewest + ", because the variance of one is 0");
        }
        if (fewest > 1 && training.batchSize() < fewest * workers) {
            LOG.warn(
                    "training.batchSize {} leaves workers without samples: the model's batch normalization needs {} in"
                            + " each of {} workers' shares",
                    training.batchSize(),
                    fewest,
                    workers);
        }
    }

    /**
     * Whether a rank's share fits into its arrays, each of which is one buffer of less than 2 GiB.
     *
     * @param schedule of the training
     * @param samples training samples
     * @param classes number of output units
     * @param workers number of ranks
     * @throws Failure InvalidJob if it doesn't fit; the sentence says which batch does
     */
    public static void check(Training training, Schedule schedule, Samples samples, int classes, int workers) {
        int share = schedule.largestPart(workers, training.parts());
        int most = mostRows(samples.shape(), classes);
        if (share > most) {
            throw new Failure(
                    Reason.InvalidJob,
                    "training.batchSize is " + training.batchSize() + ", so a worker takes " + share
                            + " samples at once; with " + samples.shape().words() + " and " + classes
                            + " classes each, an array of less than 2 GiB holds no more than " + most + ". "
                            + (most == 0
                                    ? "This worker trains on no larger samples"
                                    : "Take at most " + (long) most * workers * training.parts()
                                            + ", or more workers, or a larger training.accumulateSteps"));
        }
    }

    /** The most rows that a buffer of less than 2 GiB can show of inputs and of targets; 0 if not even one. */
    static int mostRows(Shape shape, int classes) {
        return Integer.MAX_VALUE / Float.BYTES / Math.max(shape.inputs(), classes);
    }
}
