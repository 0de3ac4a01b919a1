package dev.capstan.worker.compress;

import dev.capstan.protocol.CompressionStep.Prune;
import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.JobFile.From;
import dev.capstan.protocol.JobFile.Place;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.protocol.Work;
import dev.capstan.worker.artifact.EarlierArtifact;
import dev.capstan.worker.artifact.EarlierOnnx;
import dev.capstan.worker.artifact.FetchedArtifact;
import dev.capstan.worker.artifact.FileDigest;
import dev.capstan.worker.artifact.Inputs;
import dev.capstan.worker.artifact.Past;
import dev.capstan.worker.compress.quantize.Quantizer;
import dev.capstan.worker.data.DataDigest;
import dev.capstan.worker.data.DatasetReader;
import dev.capstan.worker.data.Learned;
import dev.capstan.worker.data.Preprocessing;
import dev.capstan.worker.data.Samples;
import dev.capstan.worker.model.Networks;
import dev.capstan.worker.onnx.ForeignModel;
import dev.capstan.worker.outcome.Failure;
import dev.capstan.worker.storage.Fetched;
import dev.capstan.worker.storage.Outage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * All that a compression reads before its first step.
 *
 * @param given the model as it came
 * @param jar the user's own layers, on this machine; null if there are none
 * @param preprocessing how samples are read for it
 * @param train samples to calibrate, fine-tune and look by; null if the job has none
 * @param test samples for the verdict; null if the job has none, or they weren't asked for
 * @param data SHA-256 of the training samples; zeros if there are none
 * @param inputs digests of all that was read
 * @param past what the model tells of itself
 */
public record Loaded(
        Given given,
        Place jar,
        Preprocessing preprocessing,
        Samples train,
        Samples test,
        byte[] data,
        Inputs inputs,
        Past past) {
    private static final int DIGEST = 32;

    /**
     * Reads and checks model and samples.
     *
     * @param scratch where what has to be fetched goes
     * @param withTest whether the test data is read, too
     * @throws Failure InvalidData or InvalidJob; the sentence names the field, and what would be right
     */
    public static Loaded of(Work.Compress work, Path scratch, boolean withTest) {
        var from = FetchedArtifact.of(work.from(), scratch);
        var onnx = EarlierOnnx.open(from);
        return onnx.isPresent() ? foreign(work, onnx.get(), scratch, withTest) : trained(work, from, scratch, withTest);
    }

    private static Loaded trained(Work.Compress work, From from, Path scratch, boolean withTest) {
        var jar = fetched("model.jar", work.jar(), scratch);
        var uri = from.place().uri();
        try (var earlier = EarlierArtifact.open(from)) {
            var model = new JobFile.Model(null, null, from, jar);
            var learned = train(work, model, earlier, scratch);
            var network = Networks.create(model, earlier.model(), Rebuilt.NONE, learned.preprocessing(), null);
            var given = new Given.Trained(network, earlier.quantized(uri).orElse(null));
            return of(work, given, jar, learned, earlier.model().digest(), earlier.past(uri), scratch, withTest);
        }
    }

    private static Loaded foreign(Work.Compress work, EarlierOnnx onnx, Path scratch, boolean withTest) {
        checkSteps(work, onnx.name());
        refusing(onnx.name(), () -> {
            checkQuantizable(onnx);
            return null;
        });
        var learned = train(work, onnx, scratch);
        var given = refusing(
                onnx.name(),
                () -> ForeignModel.of(onnx.model(), learned.preprocessing().shape()));
        return of(
                work,
                new Given.Foreign(given, onnx.name()),
                null,
                learned,
                onnx.digest(),
                onnx.past(),
                scratch,
                withTest);
    }

    private static Loaded of(
            Work.Compress work,
            Given given,
            Place jar,
            Learned learned,
            String from,
            Past past,
            Path scratch,
            boolean withTest) {
        var preprocessing = learned.preprocessing();
        checkClasses(given, preprocessing);
        var test = withTest && work.data().test() != null
                ? DatasetReader.read("data.test", work.data().test(), preprocessing, scratch)
                : null;
        var train = learned.samples();
        var data = train == null ? new byte[DIGEST] : DataDigest.of(train);
        var inputs = new Inputs(
                train == null ? null : FileDigest.text(data),
                test == null ? null : FileDigest.text(DataDigest.of(test)),
                from,
                digest(jar));
        return new Loaded(given, jar, preprocessing, train, test, data, inputs, past);
    }

    private static Place fetched(String field, Place place, Path scratch) {
        return place == null
                ? null
                : new Place(Fetched.path(field, place, scratch).toString(), place.uri(), null);
    }

    private static String digest(Place jar) {
        try {
            return jar == null ? null : FileDigest.of(Path.of(jar.path()));
        } catch (IOException e) {
            throw new Failure(
                    Outage.or(Reason.WorkerError, e), "model.jar: " + jar.uri() + " failed while being read: " + e, e);
        }
    }

    /** What layers are, and what becomes of them when one is cut, an ONNX graph doesn't say. */
    private static void checkSteps(Work.Compress work, String name) {
        for (int i = 0; i < work.steps().size(); i++) {
            if (work.steps().get(i) instanceof Prune) {
                throw new Failure(
                        Reason.InvalidJob,
                        "steps[" + i + "] prunes, and model.from: " + name
                                + " is an ONNX file: only a network of DL4J's"
                                + " says what its layers are and can be trained on; leave quantize alone, or train the"
                                + " model with a TrainingJob");
            }
        }
        if (work.jar() != null) {
            throw new Failure(
                    Reason.InvalidJob,
                    "model.jar has layers of DL4J's, and model.from: " + name + " is an ONNX file, which has none;"
                            + " remove it");
        }
    }

    /** What a job has quantized knows where its floats lie. */
    private static void checkQuantizable(EarlierOnnx onnx) {
        try {
            Quantizer.check(onnx.model());
        } catch (IllegalArgumentException e) {
            throw onnx.past().isEmpty()
                    ? e
                    : new IllegalArgumentException(
                            e.getMessage() + ", " + onnx.past().madeOf(), e);
        }
    }

    private interface Looking<T> {
        T at();
    }

    /** What is wrong with an ONNX model is said by an exception of its own. */
    private static <T> T refusing(String name, Looking<T> looking) {
        try {
            return looking.at();
        } catch (IllegalArgumentException e) {
            throw new Failure(Reason.InvalidData, "model.from: " + name + ": " + e.getMessage(), e);
        }
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

    private static Learned train(Work.Compress work, EarlierOnnx onnx, Path scratch) {
        var train = work.data().train();
        if (onnx.preprocessing().isPresent()) {
            var like = onnx.preprocessing().get();
            return new Learned(DatasetReader.read("data.train", train, like, scratch), like);
        }
        if (train.text() != null) {
            throw new Failure(
                    Reason.InvalidData,
                    "model.from: " + onnx.name() + " takes texts, and nothing says which word has which number; lay a"
                            + " preprocessing.json with shape, classes and vocabulary beside it, as the artifact of a"
                            + " TrainingJob has one");
        }
        var classes = refusing(onnx.name(), () -> ForeignModel.classes(onnx.model()));
        return DatasetReader.learn("data.train", train, classes.orElse(0), scratch);
    }

    /** A model whose classes' names belong to another output would be measured against the wrong answers. */
    private static void checkClasses(Given given, Preprocessing preprocessing) {
        if (preprocessing.predictsNumbers()) {
            throw new Failure(
                    Reason.InvalidJob,
                    "model.from predicts numbers (" + String.join(", ", preprocessing.targets())
                            + "); what a compression costs is measured by the accuracy of classes, so only models that"
                            + " tell classes apart can be compressed");
        }
        int named = preprocessing.classes().size();
        if (named > given.classes()) {
            throw new Failure(
                    Reason.InvalidData,
                    "model.from tells " + given.classes() + " classes apart, the data has " + named
                            + "; data.train and data.test must have the classes that the model was trained on");
        }
    }

    /** How much there is of everything. */
    public String summary() {
        return given.summary() + ", "
                + given.classes() + " classes"
                + (train == null ? "" : ", " + train.size() + " training samples")
                + (test == null ? "" : ", " + test.size() + " test samples");
    }

    /** Number of training samples; 0 if there are none. */
    public int samples() {
        return train == null ? 0 : train.size();
    }
}
