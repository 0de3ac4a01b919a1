package dev.capstan.worker.compress;

import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.JobFile.From;
import dev.capstan.protocol.JobFile.Place;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.protocol.Work;
import dev.capstan.worker.artifact.EarlierArtifact;
import dev.capstan.worker.artifact.FileDigest;
import dev.capstan.worker.artifact.Inputs;
import dev.capstan.worker.data.DataDigest;
import dev.capstan.worker.data.DatasetReader;
import dev.capstan.worker.data.Learned;
import dev.capstan.worker.data.Preprocessing;
import dev.capstan.worker.data.Samples;
import dev.capstan.worker.model.Network;
import dev.capstan.worker.model.Networks;
import dev.capstan.worker.outcome.Failure;
import dev.capstan.worker.storage.Fetched;
import java.nio.file.Path;
import java.util.Optional;

/**
 * All that a compression reads before its first step.
 *
 * @param network as the earlier model is
 * @param preprocessing how samples are read for it
 * @param train samples to calibrate, fine-tune and look by; null if the job has none
 * @param test samples for the verdict; null if the job has none, or they weren't asked for
 * @param data SHA-256 of the training samples; zeros if there are none
 * @param inputs digests of all that was read
 */
public record Loaded(
        Network network, Preprocessing preprocessing, Samples train, Samples test, byte[] data, Inputs inputs) {
    private static final int DIGEST = 32;

    /**
     * Reads and checks model and samples.
     *
     * @param scratch where what has to be fetched goes
     * @param withTest whether the test data is read, too
     * @throws Failure InvalidData or InvalidJob; the sentence names the field, and what would be right
     */
    public static Loaded of(Work.Compress work, Path scratch, boolean withTest) {
        var from = fetched(work.from(), scratch);
        try (var earlier = EarlierArtifact.open(from)) {
            var model = new JobFile.Model(null, null, from, null);
            var learned = train(work, model, earlier, scratch);
            var preprocessing = learned.preprocessing();
            var test = withTest && work.data().test() != null
                    ? DatasetReader.read("data.test", work.data().test(), preprocessing, scratch)
                    : null;
            var network = Networks.create(model, earlier.model(), Rebuilt.NONE, preprocessing, null);
            checkClasses(network, preprocessing);
            var train = learned.samples();
            var data = train == null ? new byte[DIGEST] : DataDigest.of(train);
            var inputs = new Inputs(
                    train == null ? null : FileDigest.text(data),
                    test == null ? null : FileDigest.text(DataDigest.of(test)),
                    earlier.model().digest(),
                    null);
            return new Loaded(network, preprocessing, train, test, data, inputs);
        }
    }

    private static From fetched(From from, Path scratch) {
        var place = from.place();
        var path = Fetched.path("model.from", place, scratch);
        return new From(new Place(path.toString(), place.uri(), null), from.digest());
    }

    /** The samples are null if there are none. */
    private static Learned train(Work.Compress work, JobFile.Model model, EarlierArtifact earlier, Path scratch) {
        Optional<Preprocessing> like = earlier.preprocessing();
        var train = work.data().train();
        if (like.isPresent()) {
            return new Learned(
                    train == null ? null : DatasetReader.read("data.train", train, like.get(), scratch), like.get());
        }
        if (train == null) {
            throw new Failure(
                    Reason.InvalidJob,
                    "model.from: " + work.from().place().uri() + " is a bare model of DL4J's, which doesn't say how"
                            + " samples are read for it; give data.train, from which that is learned");
        }
        return DatasetReader.learn("data.train", train, Networks.classes(model, earlier.model()), scratch);
    }

    /** A model whose classes' names belong to another output would be measured against the wrong answers. */
    private static void checkClasses(Network network, Preprocessing preprocessing) {
        int named = preprocessing.classes().size();
        if (named > network.classes()) {
            throw new Failure(
                    Reason.InvalidData,
                    "model.from tells " + network.classes() + " classes apart, the data has " + named
                            + "; data.train and data.test must have the classes that the model was trained on");
        }
    }

    /** How much there is of everything. */
    public String summary() {
        return network.stage().parameters().length() + " parameters, "
                + network.classes() + " classes"
                + (train == null ? "" : ", " + train.size() + " training samples")
                + (test == null ? "" : ", " + test.size() + " test samples");
    }

    /** Number of training samples; 0 if there are none. */
    public long samples() {
        return train == null ? 0 : train.size();
    }
}
