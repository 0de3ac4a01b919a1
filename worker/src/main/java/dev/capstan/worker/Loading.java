package dev.capstan.worker;

import dev.capstan.protocol.JobFile;
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
        var scratch = Settings.scratch(environment);
        var learned = DatasetReader.learn("data.train", job.data().train(), Networks.classes(job.model()), scratch);
        var train = learned.samples();
        var preprocessing = learned.preprocessing();
        var test = job.data().test() != null && withTest
                ? DatasetReader.read("data.test", job.data().test(), preprocessing, scratch)
                : null;
        int threads = Native.load(environment);
        var network = Networks.create(job.model(), job.training(), preprocessing, null);
        var split =
                Split.of(train, job.training().validationSplit(), job.training().seed());
        var loaded = new Loading(split, test, preprocessing, DataDigest.of(train), network);
        LOG.info("{}; {} native threads", loaded.summary(), threads);
        return loaded;
    }

    /** How much there is of everything. */
    String summary() {
        return split.training().size() + " training samples of "
                + split.training().inputs() + " numbers in "
                + network.classes() + " classes"
                + (split.validation() == null ? "" : ", " + split.validation().size() + " validation samples")
                + (test == null ? "" : ", " + test.size() + " test samples")
                + ", " + network.parameters().length() + " parameters";
    }

    /** Number of training and validation samples. */
    long samples() {
        return (long) split.training().size()
                + (split.validation() == null ? 0 : split.validation().size());
    }
}
