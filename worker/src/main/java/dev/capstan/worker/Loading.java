package dev.capstan.worker;

import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.JobFile.Place;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.protocol.Training;
import dev.capstan.protocol.Work;
import dev.capstan.worker.artifact.EarlierArtifact;
import dev.capstan.worker.artifact.FetchedArtifact;
import dev.capstan.worker.artifact.FileDigest;
import dev.capstan.worker.artifact.Inputs;
import dev.capstan.worker.artifact.Past;
import dev.capstan.worker.checkpoint.Checkpoint;
import dev.capstan.worker.data.Classes;
import dev.capstan.worker.data.Coverage;
import dev.capstan.worker.data.DataDigest;
import dev.capstan.worker.data.DatasetReader;
import dev.capstan.worker.data.Learned;
import dev.capstan.worker.data.Preprocessing;
import dev.capstan.worker.data.Room;
import dev.capstan.worker.data.Samples;
import dev.capstan.worker.model.EarlierModel;
import dev.capstan.worker.model.Native;
import dev.capstan.worker.model.Network;
import dev.capstan.worker.model.Networks;
import dev.capstan.worker.outcome.Failure;
import dev.capstan.worker.storage.Fetched;
import dev.capstan.worker.storage.Outage;
import dev.capstan.worker.torch.Engines;
import dev.capstan.worker.torch.ScriptModels;
import dev.capstan.worker.train.BatchLimit;
import dev.capstan.worker.train.ClassBalance;
import dev.capstan.worker.train.Schedule;
import dev.capstan.worker.train.Split;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All that is read and built before the first step.
 *
 * @param split training and validation samples
 * @param test null if the job has no test data
 * @param preprocessing what was learned from the training data
 * @param data SHA-256 of all training and validation samples
 * @param inputs digests of all that was read
 * @param network with its initial parameters
 * @param past what the model tells of itself that is gone on from
 * @param warnings what the user should know of the data
 * @param given what this worker has to compute with
 */
record Loading(
        Split split,
        Samples test,
        Preprocessing preprocessing,
        byte[] data,
        Inputs inputs,
        Network network,
        Past past,
        List<String> warnings,
        Engines.Given given) {
    private static final Logger LOG = LoggerFactory.getLogger(Loading.class);

    /**
     * Reads and checks every sample, and builds the model for them.
     *
     * @param ranks how many share each batch
     * @throws Failure InvalidData or InvalidJob
     */
    static Loading of(Work.Train work, int ranks, Map<String, String> environment) {
        var scratch = Settings.scratch(environment);
        var model = fetched(work.model(), scratch);
        try (var earlier = model.from() == null ? null : EarlierArtifact.open(model.from())) {
            return of(work, ranks, model, earlier, environment);
        }
    }

    private static Loading of(
            Work.Train work, int ranks, JobFile.Model model, EarlierArtifact earlier, Map<String, String> environment) {
        var scratch = Settings.scratch(environment);
        var learned = train(work, model, earlier, scratch);
        var preprocessing = learned.preprocessing();
        var test = work.data().test() != null
                ? DatasetReader.read("data.test", work.data().test(), preprocessing, scratch)
                : null;
        var warnings = preprocessing.predictsNumbers()
                ? List.<String>of()
                : Coverage.check(
                        "data.train: " + work.data().train().place().uri(),
                        learned.samples(),
                        test,
                        preprocessing.classes());
        warnings.forEach(LOG::warn);
        var training = work.training();
        var split = Split.of(learned.samples(), training.validationSplit(), training.seed());
        var weights = ClassBalance.weights(training.classWeights(), split.training(), preprocessing.classes());
        Native.load(environment);
        var network = model.torchScript() != null
                ? ScriptModels.network(model.torchScript(), training, preprocessing, weights, split.training())
                : Networks.create(model, model(earlier), training, preprocessing, weights);
        int samples = split.training().size();
        BatchLimit.check(training, samples, network.stage(), ranks);
        var schedule = Schedule.of(samples, training, network.stage().fewestSamples());
        BatchLimit.check(training, schedule, split.training(), network.classes(), ranks);
        var data = DataDigest.of(learned.samples());
        var inputs = new Inputs(
                FileDigest.text(data),
                test == null ? null : FileDigest.text(DataDigest.of(test)),
                earlier == null ? null : earlier.model().digest(),
                model.torchScript() != null
                        ? digest("model.torchScript", model.torchScript())
                        : digest("model.jar", model.jar()));
        var past =
                earlier == null ? Past.NONE : earlier.past(model.from().place().uri());
        var given = new Engines.Given(
                Room.besideTheHeap(), Settings.cores(environment), schedule.largestPart(ranks, training.parts()));
        var loaded = new Loading(split, test, preprocessing, data, inputs, network, past, warnings, given);
        LOG.info("{}", loaded.summary());
        return loaded;
    }

    /** The same model, with what it is made of on this machine. */
    private static JobFile.Model fetched(JobFile.Model model, Path scratch) {
        var from = model.from() == null ? null : FetchedArtifact.of(model.from(), scratch);
        return new JobFile.Model(
                model.layers(),
                model.configuration(),
                from,
                fetched("model.jar", model.jar(), scratch),
                fetched("model.torchScript", model.torchScript(), scratch));
    }

    private static Place fetched(String field, Place place, Path scratch) {
        return place == null
                ? null
                : new Place(Fetched.path(field, place, scratch).toString(), place.uri(), null);
    }

    /** A model that goes on from an earlier one takes samples as that one did. */
    private static Learned train(Work.Train work, JobFile.Model model, EarlierArtifact earlier, Path scratch) {
        var like = earlier == null ? Optional.<Preprocessing>empty() : earlier.preprocessing();
        var train = work.data().train();
        return like.isPresent()
                ? new Learned(DatasetReader.read("data.train", train, like.get(), scratch), like.get())
                : DatasetReader.learn("data.train", train, Networks.classes(model, model(earlier)), scratch);
    }

    private static String digest(String field, Place file) {
        try {
            return file == null ? null : FileDigest.of(Path.of(file.path()));
        } catch (IOException e) {
            throw new Failure(
                    Outage.or(Reason.WorkerError, e), field + ": " + file.uri() + " failed while being read: " + e, e);
        }
    }

    private static EarlierModel model(EarlierArtifact earlier) {
        return earlier == null ? null : earlier.model();
    }

    /**
     * What is to compute the training: what began it, if it is gone on from somewhere.
     *
     * @throws Failure InvalidJob if the job asks for an engine that can't
     */
    Engines.Decision engine(Training training, Optional<Checkpoint> newest) {
        return Engines.decide(
                network,
                training,
                split.training().size(),
                split.training().inputs(),
                newest.map(each -> new Engines.Decision(
                        Objects.requireNonNullElse(each.description().engine(), Training.Engine.DEEPLEARNING4J),
                        Objects.requireNonNullElse(each.description().threads(), 1),
                        "the training began with it")),
                given);
    }

    /** How much there is of everything. */
    String summary() {
        return split.training().size() + " training samples of "
                + split.training().inputs() + " numbers"
                + told()
                + (split.validation() == null ? "" : ", " + split.validation().size() + " validation samples")
                + (test == null ? "" : ", " + test.size() + " test samples")
                + ", " + network.stage().parameters().length() + " parameters";
    }

    /** What the model is to tell of each, in a clause. */
    private String told() {
        if (preprocessing.predictsNumbers()) {
            return ", to predict " + Classes.list(preprocessing.targets());
        }
        return " in " + network.classes() + " classes"
                + (Classes.areNumbers(preprocessing.classes())
                        ? ""
                        : " (" + Classes.list(preprocessing.classes()) + ")");
    }

    /** Number of training and validation samples. */
    long samples() {
        return (long) split.training().size()
                + (split.validation() == null ? 0 : split.validation().size());
    }
}
