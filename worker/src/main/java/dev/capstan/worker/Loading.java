package dev.capstan.worker;

import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.data.DataDigest;
import dev.capstan.worker.data.DatasetReader;
import dev.capstan.worker.data.Preprocessing;
import dev.capstan.worker.data.Samples;
import dev.capstan.worker.model.Native;
import dev.capstan.worker.model.Network;
import dev.capstan.worker.model.Networks;
import dev.capstan.worker.outcome.Failure;
import dev.capstan.worker.train.Split;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All that is read and built before the peers are met.
 *
 * @param split training and validation samples
 * @param test null if the job has no test data, or it wasn't asked for
 * @param preprocessing what was learned from the training data
 * @param data SHA-256 of all training and validation samples
 * @param network with its initial parameters
 */
record Loading(Split split, Samples test, Preprocessing preprocessing, byte[] data, Network network) {
    private static final Logger LOG = LoggerFactory.getLogger(Loading.class);

    /**
     * Reads and checks every sample, and builds the model for them.
     *
     * @param withTest whether the test data is read, too
     * @throws Failure InvalidData or InvalidJob
     */
    static Loading of(JobFile job, Map<String, String> environment, boolean withTest) {
        int classes = Networks.classes(job.model());
        var train = DatasetReader.read("data.train", job.data().train(), classes);
        Samples test = null;
        if (job.data().test() != null && withTest) {
            test = DatasetReader.read("data.test", job.data().test(), classes);
            if (test.inputs() != train.inputs()) {
                throw new Failure(
                        Reason.InvalidData,
                        "data.test has " + test.inputs() + " numbers in a sample, data.train has " + train.inputs()
                                + "; they must be the same");
            }
        }
        int threads = Native.load(environment);
        var network = Networks.create(job.model().layers(), job.training(), train.inputs());
        var split =
                Split.of(train, job.training().validationSplit(), job.training().seed());
        LOG.info(
                "{} training samples of {} numbers, {} validation samples, {} test samples, {} parameters, {} native"
                        + " threads",
                split.training().size(),
                train.inputs(),
                split.validation() == null ? 0 : split.validation().size(),
                test == null ? 0 : test.size(),
                network.parameters().length(),
                threads);
        return new Loading(split, test, null, DataDigest.of(train), network);
    }

    /** Number of training and validation samples. */
    long samples() {
        return (long) split.training().size()
                + (split.validation() == null ? 0 : split.validation().size());
    }
}
