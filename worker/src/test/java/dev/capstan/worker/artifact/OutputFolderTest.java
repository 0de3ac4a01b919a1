package dev.capstan.worker.artifact;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.JobFile.Output.IfExists;
import dev.capstan.protocol.Json;
import dev.capstan.protocol.Outcome.Artifact;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.protocol.Progress.Epoch;
import dev.capstan.protocol.Timeouts;
import dev.capstan.protocol.Training;
import dev.capstan.worker.Fixtures;
import dev.capstan.worker.data.Preprocessing;
import dev.capstan.worker.data.Samples;
import dev.capstan.worker.data.Shape;
import dev.capstan.worker.model.Network;
import dev.capstan.worker.model.Networks;
import dev.capstan.worker.outcome.Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.ZipFile;
import org.deeplearning4j.util.ModelSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class OutputFolderTest {
    private static final Map<String, Double> METRICS = Map.of("accuracy", 0.9);

    static final List<EndedEpoch> HISTORY = List.of(
            new EndedEpoch(new Epoch(1, 0.5, 0.6, 0.7, null), 1000),
            new EndedEpoch(new Epoch(2, 0.4, 0.5, 0.8, null), 2000));

    static final Inputs INPUTS = new Inputs("sha256:train", "sha256:test", null, null);

    static final Map<String, String> SOFTWARE = Map.of("worker", "1");

    private static final List<String> WHOLE = List.of(
            "MODEL_CARD.md",
            "events.out.tfevents.0.capstan",
            "manifest.json",
            "metrics.json",
            "model-card.json",
            "model.onnx",
            "model.zip",
            "preprocessing.json",
            "profile.json");

    private static final Samples SAMPLES = new Rows();

    @TempDir
    Path folder;

    private record Rows() implements Samples {
        @Override
        public int size() {
            return 100;
        }

        @Override
        public Shape shape() {
            return new Shape.Flat(9);
        }

        @Override
        public int label(int sample) {
            return sample % Fixtures.CLASSES;
        }

        @Override
        public void copyInputs(int sample, float[] target, int offset) {
            for (int i = 0; i < inputs(); i++) {
                target[offset + i] = (sample * 7 + i * 3) % 11 / 11f;
            }
        }
    }

    @Test
    void anArtifactIsWholeAndFoundAgain() throws Exception {
        var job = job("uid-1", 1);
        var published = publish(job);
        assertEquals("pvc://models/out", published.uri());
        assertEquals(FileDigest.of(out("model.zip")), published.digest());
        assertEquals(Files.size(out("model.zip")), published.sizeBytes());
        assertEquals(
                Optional.of(published),
                OutputFolder.open(job, Fixtures.NO_SCRATCH).finished());
        var again = OutputFolder.open(job("uid-1", 2), Fixtures.NO_SCRATCH);
        assertEquals(Optional.of(published), again.finished());
        assertEquals(
                List.of("one class has few samples"), again.warnings(), "whoever finds it knows what its maker knew");
        assertEquals(WHOLE, names());
    }

    @Test
    void anotherJobsArtifactIsRefusedAndNamed() throws Exception {
        publish(job("uid-1", 1));
        var e = assertThrows(Failure.class, () -> OutputFolder.open(job("uid-2", 1), Fixtures.NO_SCRATCH));
        assertEquals(Reason.OutputUnavailable, e.reason());
        assertEquals(
                "output pvc://models/out holds the model of job team-a/quarters with UID uid-1, an earlier one of this"
                        + " name; this job has UID uid-2. Delete this job and apply it again with output.ifExists: Reuse, by"
                        + " which it takes that model if nothing has changed that it was made of, with Overwrite, or with"
                        + " another output; or remove that model first, if nobody needs it",
                e.getMessage());
    }

    @Test
    void anotherJobThatFinishesMeanwhileIsNotOverwritten() throws Exception {
        var late = job("uid-2", 1);
        var folder = OutputFolder.open(late, Fixtures.NO_SCRATCH);
        var first = publish(job("uid-1", 1));
        var e = assertThrows(
                Failure.class,
                () -> new Publisher(late, folder, SOFTWARE, Clock.systemUTC())
                        .publish(result(network(), Fixtures.PREPROCESSING)));
        assertEquals(Reason.OutputUnavailable, e.reason());
        assertEquals(first.digest(), FileDigest.of(out("model.zip")));
    }

    @Test
    void aModelOfUnknownOriginIsNotOverwritten() throws Exception {
        Files.createDirectories(out(""));
        Files.writeString(out("model.zip"), "somebody's");
        var e = assertThrows(Failure.class, () -> OutputFolder.open(job("uid-1", 1), Fixtures.NO_SCRATCH));
        assertEquals(
                "output pvc://models/out has a model.zip without a manifest.json, so it isn't known whose it is; move it"
                        + " away, or choose another output",
                e.getMessage());
    }

    @Test
    void aDamagedArtifactOfTheSameJobIsMadeAnew() throws Exception {
        publish(job("uid-1", 1));
        Files.writeString(out("model.zip"), "damaged");
        assertTrue(OutputFolder.open(job("uid-1", 2), Fixtures.NO_SCRATCH)
                .finished()
                .isEmpty());
        assertFalse(Files.exists(out("manifest.json")));
        publish(job("uid-1", 2));
        assertTrue(OutputFolder.open(job("uid-1", 2), Fixtures.NO_SCRATCH)
                .finished()
                .isPresent());
    }

    @Test
    void whatAKilledAttemptLeftIsRemoved() throws Exception {
        Files.createDirectories(out(""));
        Files.writeString(out(".capstan-uid-1-1-model.zip"), "half");
        assertTrue(OutputFolder.open(job("uid-1", 2), Fixtures.NO_SCRATCH)
                .finished()
                .isEmpty());
        publish(job("uid-1", 2));
        assertEquals(WHOLE, names());
    }

    /** The state between the steps of publishing: the manifest names files that don't have their names yet. */
    @Test
    void anAttemptKilledWhilePublishingHasPublished() throws Exception {
        publish(with(job("uid-0", 1), IfExists.OVERWRITE));
        var job = with(job("uid-1", 1), IfExists.OVERWRITE);
        var published = publish(job);
        var stage = ".capstan-uid-1-1-";
        var manifest = Files.readString(out("manifest.json"));
        for (var moved : List.of(
                "model.zip",
                "model.onnx",
                "preprocessing.json",
                "profile.json",
                "events.out.tfevents.0.capstan",
                "model-card.json")) {
            manifest = manifest.replace('"' + moved + '"', '"' + stage + moved + '"');
            Files.move(out(moved), out(stage + moved));
        }
        Files.writeString(out("model.zip"), "the older one");
        Files.writeString(out("manifest.json"), manifest);
        assertEquals(
                Optional.of(published),
                OutputFolder.open(job("uid-1", 2), Fixtures.NO_SCRATCH).finished());
        assertEquals(published.digest(), FileDigest.of(out("model.zip")));
        assertEquals(WHOLE, names());
    }

    @Test
    void anotherJobsModelIsReusedIfItsRecipeIsTheSame() throws Exception {
        var first = publish(job("uid-1", 1));
        var same = with(job("uid-2", 1), IfExists.REUSE);
        assertEquals(
                Optional.empty(),
                OutputFolder.open(same, Fixtures.NO_SCRATCH).finished(),
                "what it was made of isn't known yet");
        assertEquals(
                Optional.of(taken(first)),
                OutputFolder.open(same, Fixtures.NO_SCRATCH).reusable(INPUTS),
                "and says whose it is");
        var e = assertThrows(
                Failure.class,
                () -> OutputFolder.open(
                        with(Fixtures.job(folder, "uid-2", 1, 2, 9), IfExists.REUSE), Fixtures.NO_SCRATCH));
        assertEquals(Reason.OutputUnavailable, e.reason());
        assertEquals(
                "output pvc://models/out holds the model of job team-a/quarters with UID uid-1, whose model, data or"
                        + " training differ from this job's, so it can't be reused; choose another output, or set"
                        + " output.ifExists to Overwrite",
                e.getMessage());
        Files.writeString(out("preprocessing.json"), "damaged");
        e = assertThrows(Failure.class, () -> OutputFolder.open(same, Fixtures.NO_SCRATCH));
        assertTrue(e.getMessage().contains("holds a damaged model of job team-a/quarters"), e.getMessage());
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "data.train, sha256:other, sha256:test,, ",
        "data.test, sha256:train, sha256:other,,",
        "model.from, sha256:train, sha256:test, sha256:other,",
        "model.jar, sha256:train, sha256:test,, sha256:other"
    })
    void aModelOfOtherFilesUnderTheSameNamesIsNotReused(
            String field, String train, String test, String from, String jar) throws Exception {
        publish(job("uid-1", 1));
        var output = OutputFolder.open(with(job("uid-2", 1), IfExists.REUSE), Fixtures.NO_SCRATCH);
        var e = assertThrows(Failure.class, () -> output.reusable(new Inputs(train, test, from, jar)));
        assertEquals(Reason.OutputUnavailable, e.reason());
        assertTrue(
                e.getMessage().contains(", which has the same recipe, but " + field + " has changed since ("),
                e.getMessage());
    }

    /** The trained model is in memory alone: it is held, as while storage doesn't answer. */
    @Test
    void aVolumeThatIsFullWhenTheModelIsSavedIsTriedAgainAndTakesItOnceThereIsRoom() throws Exception {
        var job = job("uid-1", 1);
        var output = OutputFolder.open(job, Fixtures.NO_SCRATCH);
        var full = Files.createSymbolicLink(out(".capstan-uid-1-1-model.zip"), Path.of("/dev/full"));
        var publisher = new Publisher(job, output, SOFTWARE, Clock.systemUTC());
        var e = assertThrows(Failure.class, () -> publisher.publish(result(network(), Fixtures.PREPROCESSING)));
        assertEquals(Reason.StorageUnavailable, e.reason(), e.getMessage());
        assertTrue(
                e.getMessage().contains("No space left on device; it needs a volume with free space"), e.getMessage());
        Files.delete(full);
        var published = publisher.publish(result(network(), Fixtures.PREPROCESSING));
        assertEquals(published.digest(), FileDigest.of(out("model.zip")));
        assertEquals(WHOLE, names());
    }

    /** They name no engine, and of the inputs the training samples alone. */
    @Test
    void aModelOfAnOlderVersionIsReused() throws Exception {
        var first = publish(job("uid-1", 1));
        var same = with(job("uid-2", 1), IfExists.REUSE);
        var recipe = Recipe.of(same);
        var digest = recipe.digest(Training.Engine.DEEPLEARNING4J, 1);
        assertNotEquals(recipe.description(), digest, "the engine counts");
        Files.writeString(
                out("manifest.json"),
                Files.readString(out("manifest.json"))
                        .replace(digest, recipe.description())
                        .replace("\"test\" : \"sha256:test\"", "\"extra\" : 1"));
        assertEquals(
                Optional.of(taken(first)),
                OutputFolder.open(same, Fixtures.NO_SCRATCH).reusable(INPUTS));
        assertThrows(
                Failure.class,
                () -> OutputFolder.open(same, Fixtures.NO_SCRATCH)
                        .reusable(new Inputs("sha256:train", "sha256:test", null, "sha256:jar")));
    }

    @Test
    void whatALaterAttemptIsWritingIsLeftAlone() throws Exception {
        Files.createDirectories(out(""));
        Files.writeString(out(".capstan-uid-1-3-model.zip"), "under way");
        OutputFolder.open(job("uid-1", 2), Fixtures.NO_SCRATCH);
        assertEquals(List.of(".capstan-uid-1-3-model.zip"), names());
    }

    @Test
    void anOverwrittenModelStaysUntilTheNewOneIsWhole() throws Exception {
        var first = publish(job("uid-1", 1));
        var job = with(Fixtures.job(folder, "uid-2", 1, 2, 9), IfExists.OVERWRITE);
        var output = OutputFolder.open(job, Fixtures.NO_SCRATCH);
        assertTrue(output.finished().isEmpty());
        assertEquals(first.digest(), FileDigest.of(out("model.zip")));
        var trained = network();
        fit(trained, 1);
        var second = new Publisher(job, output, SOFTWARE, Clock.systemUTC())
                .publish(result(trained, Fixtures.PREPROCESSING));
        assertEquals(second.digest(), FileDigest.of(out("model.zip")));
        assertEquals(
                Optional.of(second), OutputFolder.open(job, Fixtures.NO_SCRATCH).finished());
        assertEquals(WHOLE, names());
    }

    @Test
    void anEarlierModelIsVerified() throws Exception {
        var published = publish(job("uid-1", 1));
        assertEquals(Optional.of(Fixtures.PREPROCESSING), preprocessing(published.digest()));
        assertRefused(published.digest() + ", the job asks for sha256:0", "sha256:0");
        Files.copy(out("model.zip"), folder.resolve("whole"));
        Files.writeString(out("model.zip"), "damaged");
        assertRefused("model.from: pvc://models/out is damaged", published.digest());
        Files.delete(out("manifest.json"));
        assertEquals(Optional.empty(), preprocessing(null), "a bare model of DL4J's");
        Files.copy(folder.resolve("whole"), out("model.zip"), StandardCopyOption.REPLACE_EXISTING);
        assertEquals(Optional.of(Fixtures.PREPROCESSING), preprocessing(null), "a copy of model.zip alone will do");
        Files.delete(out("model.zip"));
        assertRefused("model.from: pvc://models/out has neither a model.zip nor a manifest.json", null);
    }

    /** Its digest was over model.zip, which held the network alone. */
    @Test
    void anArtifactOfAnOlderVersionIsGoneOnFrom() throws Exception {
        var published = publish(job("uid-1", 1));
        try (var out = Files.newOutputStream(out("model.zip"))) {
            ModelArchive.write(network(), out);
        }
        var digest = FileDigest.of(out("model.zip"));
        var manifest = Files.readString(out("manifest.json"));
        Files.writeString(out("manifest.json"), manifest.replace(published.digest(), digest));
        assertEquals(Optional.of(Fixtures.PREPROCESSING), preprocessing(digest));
        Files.writeString(out("preprocessing.json"), "{}");
        assertRefused("model.from: pvc://models/out is damaged", digest);
        Files.delete(out("preprocessing.json"));
        assertRefused("model.from: pvc://models/out is damaged", digest);
    }

    @Test
    void theDigestIsOverAllThatDecidesAnAnswer() throws Exception {
        var first = publish(job("uid-1", 1));
        assertEquals(first.digest(), FileDigest.of(out("model.zip")), "and sha256sum model.zip tells it");
        var training = Fixtures.PREPROCESSING;
        var swapped = new Preprocessing(training.shape(), training.classes().reversed(), null);
        var output = OutputFolder.open(with(job("uid-2", 1), IfExists.OVERWRITE), Fixtures.NO_SCRATCH);
        var second = new Publisher(with(job("uid-2", 1), IfExists.OVERWRITE), output, SOFTWARE, Clock.systemUTC())
                .publish(result(network(), swapped));
        assertNotEquals(first.digest(), second.digest());
        Files.writeString(out("preprocessing.json"), Json.write(training));
        assertEquals(Optional.of(swapped), preprocessing(second.digest()), "what was verified counts");
    }

    private Optional<Preprocessing> preprocessing(String digest) {
        try (var artifact = EarlierArtifact.open(from(digest))) {
            return artifact.preprocessing();
        }
    }

    private void assertRefused(String problem, String digest) {
        var e = assertThrows(Failure.class, () -> EarlierArtifact.open(from(digest)));
        assertEquals(Reason.InvalidData, e.reason());
        assertTrue(e.getMessage().contains(problem), e.getMessage());
    }

    private JobFile.From from(String digest) {
        return new JobFile.From(new JobFile.Place(out("").toString(), "pvc://models/out", null), digest);
    }

    private List<String> names() throws Exception {
        try (var files = Files.list(out(""))) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    private static JobFile with(JobFile job, IfExists ifExists) {
        return new JobFile(
                job.version(),
                job.job(),
                job.work(),
                job.checkpoints(),
                job.peers(),
                new JobFile.Output(job.output().path(), job.output().uri(), ifExists),
                job.timeouts());
    }

    @Test
    void aFolderThatCannotBeMadeIsToldAtOnce() throws Exception {
        Files.writeString(folder.resolve("out"), "a file");
        var e = assertThrows(Failure.class, () -> OutputFolder.open(job("uid-1", 1), Fixtures.NO_SCRATCH));
        assertEquals(Reason.OutputUnavailable, e.reason());
        assertTrue(
                e.getMessage().startsWith("output pvc://models/out (" + out("") + " in the pod) can't be written: "));
    }

    @Test
    void aManifestOfSomethingElseIsRefused() throws Exception {
        Files.createDirectories(out(""));
        Files.writeString(out("manifest.json"), "{\"version\": 1}");
        var e = assertThrows(Failure.class, () -> OutputFolder.open(job("uid-1", 1), Fixtures.NO_SCRATCH));
        assertTrue(e.getMessage().contains("holds the model of an unknown job"), e.getMessage());
        Files.writeString(out("manifest.json"), "hello");
        e = assertThrows(Failure.class, () -> OutputFolder.open(job("uid-1", 1), Fixtures.NO_SCRATCH));
        assertTrue(e.getMessage().contains("has a manifest.json that isn't of a job"), e.getMessage());
    }

    @Test
    void theSameNetworkGivesTheSameBytesAtAnotherTime() throws Exception {
        var first = publish(job("uid-1", 1), Clock.systemUTC());
        var second = publish(
                new JobFile(
                        1,
                        job("uid-2", 1).job(),
                        job("uid-2", 1).work(),
                        job("uid-2", 1).checkpoints(),
                        job("uid-2", 1).peers(),
                        new JobFile.Output(
                                folder.resolve("other").toString(), "pvc://models/other", JobFile.Output.IfExists.FAIL),
                        Timeouts.DEFAULT),
                Clock.offset(Clock.systemUTC(), Duration.ofDays(400)));
        assertEquals(first.digest(), second.digest());
        try (var zip = new ZipFile(out("model.zip").toFile())) {
            assertEquals(
                    List.of("configuration.json", "coefficients.bin", "updaterState.bin", "preprocessing.json"),
                    zip.stream().map(Object::toString).toList());
        }
    }

    @Test
    void dl4jRestoresTheModelAndGoesOnBitByBit() throws Exception {
        var network = network();
        for (int i = 0; i < 10; i++) {
            fit(network, i);
        }
        new Publisher(
                        job("uid-1", 1),
                        OutputFolder.open(job("uid-1", 1), Fixtures.NO_SCRATCH),
                        SOFTWARE,
                        Clock.systemUTC())
                .publish(result(network, Fixtures.PREPROCESSING));
        var restored = ModelSerializer.restoreMultiLayerNetwork(out("model.zip").toFile(), true);
        assertEquals(network.step(), restored.getIterationCount());
        for (int i = 10; i < 20; i++) {
            fit(network, i);
            restored.fit(inputs(i), labels(i));
        }
        assertArrayEquals(
                network.parameters().data().asFloat(), restored.params().data().asFloat());
        assertFalse(Arrays.equals(
                network().parameters().data().asFloat(),
                restored.params().data().asFloat()));
    }

    private Path out(String name) {
        return folder.resolve("out").resolve(name);
    }

    private JobFile job(String uid, int attempt) throws IOException {
        return Fixtures.job(folder, uid, attempt, 2, 1);
    }

    /** As another job of the same recipe takes it. */
    static Artifact taken(Artifact made) {
        return new Artifact(
                made.uri(), made.digest(), made.sizeBytes(), made.metrics(), "job team-a/quarters with UID uid-1");
    }

    private static Artifact publish(JobFile job) {
        return publish(job, Clock.systemUTC());
    }

    private static Artifact publish(JobFile job, Clock clock) {
        return new Publisher(job, OutputFolder.open(job, Fixtures.NO_SCRATCH), SOFTWARE, clock)
                .publish(result(network(), Fixtures.PREPROCESSING));
    }

    static Result result(Network network, Preprocessing preprocessing) {
        return new Result(
                network,
                preprocessing,
                METRICS,
                null,
                HISTORY,
                INPUTS,
                SAMPLES,
                Profile.of(SAMPLES, preprocessing, () -> {}),
                Past.NONE,
                Training.Engine.DEEPLEARNING4J,
                1,
                List.of("one class has few samples"));
    }

    static Network network() {
        var training = Fixtures.training(1, 8, Fixtures.ADAM, 3);
        return Networks.create(Fixtures.layers(), training, 9);
    }

    static void fit(Network network, int seed) {
        network.computeGradient(inputs(seed), labels(seed), null);
        network.update(1);
    }

    private static INDArray inputs(int seed) {
        return Nd4j.createFromArray(new float[] {seed, 1, 2, 3, 4, 5, 6, 7, seed % 3})
                .reshape(1, 9);
    }

    private static INDArray labels(int seed) {
        return Nd4j.zeros(1, Fixtures.CLASSES).putScalar(seed % Fixtures.CLASSES, 1);
    }
}
