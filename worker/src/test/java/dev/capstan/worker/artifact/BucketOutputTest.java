package dev.capstan.worker.artifact;

import static dev.capstan.worker.storage.ObjectServer.ACCESS_KEY_ID;
import static dev.capstan.worker.storage.ObjectServer.SECRET_ACCESS_KEY;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.JobFile.From;
import dev.capstan.protocol.JobFile.Output.IfExists;
import dev.capstan.protocol.JobFile.S3;
import dev.capstan.protocol.Outcome.Artifact;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.Fixtures;
import dev.capstan.worker.outcome.Failure;
import dev.capstan.worker.storage.ObjectServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.S3Object;

/** What {@link OutputFolderTest} asks of a volume, of a bucket of a real service. */
class BucketOutputTest {
    private static final String BUCKET = "models";
    private static final List<String> FILES = List.of(
            "MODEL_CARD.md",
            "events.out.tfevents.0.capstan",
            "metrics.json",
            "model-card.json",
            "model.onnx",
            "model.zip",
            "preprocessing.json",
            "profile.json");

    @TempDir
    static Path shared;

    private static ObjectServer server;
    private static S3Client client;
    private static S3 s3;

    @TempDir
    Path folder;

    @BeforeAll
    static void start() throws Exception {
        server = ObjectServer.start(shared);
        client = server.client();
        var secret = ObjectServer.secret(
                shared.resolve("writer"), List.of("accessKeyId", ACCESS_KEY_ID, "secretAccessKey", SECRET_ACCESS_KEY));
        s3 = new S3(server.endpoint(), "us-east-1", secret.toString());
    }

    @AfterAll
    static void stop() {
        client.close();
        server.close();
    }

    @BeforeEach
    void makeBucket() {
        client.createBucket(create -> create.bucket(BUCKET));
    }

    @AfterEach
    void emptyBucket() {
        for (var key : keys("")) {
            client.deleteObject(delete -> delete.bucket(BUCKET).key(key));
        }
        for (var upload :
                client.listMultipartUploads(list -> list.bucket(BUCKET)).uploads()) {
            client.abortMultipartUpload(
                    abort -> abort.bucket(BUCKET).key(upload.key()).uploadId(upload.uploadId()));
        }
        client.deleteBucket(delete -> delete.bucket(BUCKET));
    }

    @Test
    void anArtifactIsWholeFoundAgainAndGoneOnFrom() throws Exception {
        var published = publish(job("uid-1", 1, IfExists.FAIL));
        assertEquals("s3://models/out", published.uri());
        assertEquals(wholeOf("capstan-uid-1-1"), keys("out/"));
        assertEquals(Optional.of(published), finished(job("uid-1", 1, IfExists.FAIL)));
        assertEquals(Optional.of(published), finished(job("uid-1", 2, IfExists.FAIL)));
        assertEquals(wholeOf("capstan-uid-1-1"), keys("out/"), "a later attempt leaves it as it is");

        put("out/checkpoints/uid-1/step-000000000001/model.zip", "not the artifact's");
        var fetched = FetchedArtifact.of(from(published.digest()), folder);
        try (var artifact = EarlierArtifact.open(fetched)) {
            assertEquals(published.digest(), artifact.model().digest());
            assertEquals(Optional.of(Fixtures.PREPROCESSING), artifact.preprocessing());
        }
        try (var files = Files.list(Path.of(fetched.place().path()))) {
            var names =
                    files.map(file -> file.getFileName().toString()).sorted().toList();
            // All but what TensorBoard reads, which tells nothing of the model.
            assertEquals(
                    Stream.concat(FILES.stream().filter(name -> !name.contains("tfevents")), Stream.of("manifest.json"))
                            .sorted()
                            .toList(),
                    names);
        }
    }

    @Test
    void whatATrainingComesToIsShownInItsAttemptsFolderAlsoBesideAnotherModel() throws Exception {
        publish(job("uid-1", 1, IfExists.FAIL));
        for (int attempt = 1; attempt <= 2; attempt++) {
            var output = OutputFolder.open(job("uid-2", attempt, IfExists.OVERWRITE), folder);
            try (var log = output.events().orElseThrow()) {
                log.show(EventLogTest.epochs(1, 2));
            }
            assertEquals(
                    Stream.concat(
                                    wholeOf("capstan-uid-1-1").stream(),
                                    Stream.of("out/capstan-uid-2-" + attempt + "/events.out.tfevents.0.capstan"))
                            .sorted()
                            .toList(),
                    keys("out/"));
        }
        publish(job("uid-2", 2, IfExists.OVERWRITE));
        assertEquals(wholeOf("capstan-uid-2-2"), keys("out/"));
    }

    @Test
    void anArtifactThatIsNotTheOneOrNotWholeIsNotGoneOnFrom() throws Exception {
        var published = publish(job("uid-1", 1, IfExists.FAIL));
        assertRefused("holds the model " + published.digest() + ", the job asks for sha256:0", "sha256:0");
        put("out/capstan-uid-1-1/model.zip", "damaged");
        assertRefused("model.from: s3://models/out is damaged", published.digest());
        delete("out/capstan-uid-1-1/model.zip");
        assertRefused("model.from: s3://models/out is damaged", null);
        put("out/manifest.json", "{\"version\": 2}");
        assertRefused("has a manifest.json that doesn't name a model", null);
        put("out/manifest.json", "[]");
        assertRefused("model.from: s3://models/out can't be used: not a Manifest", null);
        delete("out/manifest.json");
        assertRefused("has neither a model.zip nor a manifest.json", null);
    }

    /** Made by copying a folder of a volume, and the other way round. */
    @Test
    void anArtifactThatWasCopiedIsGoneOnFrom() throws Exception {
        var published = publish(job("uid-1", 1, IfExists.FAIL));
        var copy = Files.createDirectories(folder.resolve("copy/capstan-uid-1-1"));
        for (var key : keys("out/")) {
            Files.copy(
                    client.getObject(get -> get.bucket(BUCKET).key(key)),
                    copy.getParent().resolve(key.substring("out/".length())));
        }
        var onVolume = new JobFile.Place(copy.getParent().toString(), "pvc://models/copy", null);
        try (var artifact = EarlierArtifact.open(new From(onVolume, published.digest()))) {
            assertEquals(Optional.of(Fixtures.PREPROCESSING), artifact.preprocessing());
        }
        var flat = Fixtures.job(folder, "uid-2", 1, 2, 1);
        new Publisher(flat, OutputFolder.open(flat, Fixtures.NO_SCRATCH), OutputFolderTest.SOFTWARE, Clock.systemUTC())
                .publish(OutputFolderTest.result(OutputFolderTest.network(), Fixtures.PREPROCESSING));
        keys("out/").forEach(BucketOutputTest::delete);
        server.upload(folder.resolve("out"), BUCKET, "out/");
        try (var artifact = EarlierArtifact.open(FetchedArtifact.of(from(published.digest()), folder))) {
            assertEquals(published.digest(), artifact.model().digest());
        }
        publish(job("uid-3", 1, IfExists.OVERWRITE));
        assertEquals(wholeOf("capstan-uid-3-1"), keys("out/"));
    }

    @Test
    void whatIsNoArtifactIsFetchedAsItIs() throws Exception {
        put("elsewhere/model.onnx", "a file alone");
        for (var uri : List.of("s3://models/elsewhere/model.onnx", "s3://models/elsewhere")) {
            var fetched = FetchedArtifact.of(new From(new JobFile.Place(null, uri, s3), null), folder);
            var path = Path.of(fetched.place().path());
            assertEquals(
                    "a file alone", Files.readString(Files.isDirectory(path) ? path.resolve("model.onnx") : path), uri);
        }
    }

    @Test
    void ifExistsMeansWhatItMeansOnAVolume() throws Exception {
        var first = publish(job("uid-1", 1, IfExists.FAIL));
        var e = assertThrows(Failure.class, () -> open(job("uid-2", 1, IfExists.FAIL)));
        assertEquals(Reason.OutputUnavailable, e.reason());
        assertTrue(
                e.getMessage()
                        .startsWith("output s3://models/out holds the model of job team-a/quarters with UID uid-1, an"
                                + " earlier one of this name; this job has UID uid-2."),
                e.getMessage());
        var same = open(job("uid-2", 1, IfExists.REUSE));
        assertEquals(Optional.empty(), same.finished());
        assertEquals(Optional.of(OutputFolderTest.taken(first)), same.reusable(OutputFolderTest.INPUTS));
        put("out/capstan-uid-1-1/preprocessing.json", "damaged");
        e = assertThrows(Failure.class, () -> open(job("uid-2", 1, IfExists.REUSE)));
        assertTrue(e.getMessage().contains("holds a damaged model of job team-a/quarters"), e.getMessage());
        assertEquals(wholeOf("capstan-uid-1-1"), keys("out/"));
    }

    @Test
    void anOverwrittenModelStaysUntilTheNewOneIsWhole() throws Exception {
        var first = publish(job("uid-1", 1, IfExists.FAIL));
        var job = job("uid-2", 1, IfExists.OVERWRITE);
        var output = open(job);
        assertEquals(Optional.empty(), output.finished());
        assertEquals(Optional.of(first), finished(job("uid-1", 2, IfExists.FAIL)));
        var trained = OutputFolderTest.network();
        OutputFolderTest.fit(trained, 1);
        var second = new Publisher(job, output, OutputFolderTest.SOFTWARE, Clock.systemUTC())
                .publish(OutputFolderTest.result(trained, Fixtures.PREPROCESSING));
        assertFalse(first.digest().equals(second.digest()));
        assertEquals(Optional.of(second), finished(job));
        assertEquals(wholeOf("capstan-uid-2-1"), keys("out/"), "and nothing of the one before");
    }

    @Test
    void whoeverIsQuickerIsNotOverwritten() throws Exception {
        var slow = open(job("uid-2", 1, IfExists.FAIL));
        var first = publish(job("uid-1", 1, IfExists.FAIL));
        assertThrows(Failure.class, () -> publish(job("uid-2", 1, IfExists.FAIL), slow));
        // The moment between the last look and the put.
        for (var ifExists : List.of(IfExists.OVERWRITE, IfExists.FAIL)) {
            var store = BucketOutput.of(job("uid-3", 1, ifExists), folder);
            var seen = store.manifest().orElseThrow();
            publish(job("uid-" + ifExists, 1, IfExists.OVERWRITE));
            Files.writeString(store.temporary("model.zip"), "another");
            assertFalse(store.commit(seen));
        }
        assertEquals(Optional.of(first), finished(job("uid-FAIL", 1, IfExists.FAIL)), "the same network");
    }

    /** It finishes what the job was for, and so does the one that took its place. */
    @Test
    void anAttemptThatWasGivenUpAndLivesOnDamagesNothing() throws Exception {
        var given = open(job("uid-1", 1, IfExists.FAIL));
        var later = open(job("uid-1", 2, IfExists.FAIL));
        var first = publish(job("uid-1", 2, IfExists.FAIL), later);
        assertEquals(first, publish(job("uid-1", 1, IfExists.FAIL), given), "it takes what is there");
        assertEquals(wholeOf("capstan-uid-1-2"), keys("out/"));
    }

    @Test
    void aDamagedArtifactOfTheSameJobIsMadeAnew() throws Exception {
        publish(job("uid-1", 1, IfExists.FAIL));
        put("out/capstan-uid-1-1/model.onnx", "damaged");
        assertEquals(Optional.empty(), finished(job("uid-1", 2, IfExists.FAIL)));
        var second = publish(job("uid-1", 2, IfExists.FAIL));
        assertEquals(Optional.of(second), finished(job("uid-1", 2, IfExists.FAIL)));
        assertEquals(wholeOf("capstan-uid-1-2"), keys("out/"));
    }

    @Test
    void whatKilledAttemptsLeftIsRemovedAndNothingElse() throws Exception {
        for (var key : List.of("capstan-uid-1-1/model.zip", "capstan-uid-1-3/model.zip", "capstan-uid-2-1/model.zip")) {
            put("out/" + key, "half");
            client.createMultipartUpload(create -> create.bucket(BUCKET).key("out/" + key));
        }
        open(job("uid-1", 2, IfExists.FAIL));
        var left = List.of("out/capstan-uid-1-3/model.zip", "out/capstan-uid-2-1/model.zip");
        assertEquals(left, keys(""));
        assertEquals(
                left,
                client.listMultipartUploads(list -> list.bucket(BUCKET)).uploads().stream()
                        .map(upload -> upload.key())
                        .sorted()
                        .toList());
        assertRefused("has neither a model.zip nor a manifest.json", null);
    }

    @Test
    void aModelOfUnknownOriginIsNotOverwritten() throws Exception {
        put("out/model.zip", "somebody's");
        var e = assertThrows(Failure.class, () -> open(job("uid-1", 1, IfExists.OVERWRITE)));
        assertTrue(e.getMessage().contains("has a model.zip without a manifest.json"), e.getMessage());
    }

    @Test
    void aBucketThatIsNotThereIsToldBeforeAnyWorkIsDone() throws Exception {
        var job = job("uid-1", 1, IfExists.FAIL);
        var elsewhere = new JobFile(
                job.version(),
                job.job(),
                job.work(),
                job.checkpoints(),
                job.peers(),
                new JobFile.Output(null, "s3://modles/out", IfExists.FAIL, s3),
                job.timeouts());
        var e = assertThrows(Failure.class, () -> open(elsewhere));
        assertEquals(Reason.OutputUnavailable, e.reason());
        assertEquals(
                "output s3://modles/out can't be written: there is no bucket modles at " + server.endpoint(),
                e.getMessage());
    }

    private OutputFolder open(JobFile job) {
        return OutputFolder.open(job, folder);
    }

    private Optional<Artifact> finished(JobFile job) {
        return open(job).finished();
    }

    private Artifact publish(JobFile job) {
        return publish(job, open(job));
    }

    private static Artifact publish(JobFile job, OutputFolder output) {
        return new Publisher(job, output, OutputFolderTest.SOFTWARE, Clock.systemUTC())
                .publish(OutputFolderTest.result(OutputFolderTest.network(), Fixtures.PREPROCESSING));
    }

    private JobFile job(String uid, int attempt, IfExists ifExists) throws IOException {
        return Fixtures.inBucket(Fixtures.job(folder, uid, attempt, 2, 1), s3, ifExists);
    }

    private static From from(String digest) {
        return new From(new JobFile.Place(null, "s3://models/out", s3), digest);
    }

    private void assertRefused(String problem, String digest) {
        var e = assertThrows(Failure.class, () -> EarlierArtifact.open(FetchedArtifact.of(from(digest), folder)));
        assertEquals(Reason.InvalidData, e.reason());
        assertTrue(e.getMessage().contains(problem), e.getMessage());
    }

    private static List<String> wholeOf(String attempt) {
        return Stream.concat(FILES.stream().map(name -> "out/" + attempt + "/" + name), Stream.of("out/manifest.json"))
                .toList();
    }

    private static List<String> keys(String prefix) {
        return client.listObjectsV2(list -> list.bucket(BUCKET).prefix(prefix)).contents().stream()
                .map(S3Object::key)
                .sorted()
                .toList();
    }

    private static void put(String key, String content) {
        client.putObject(put -> put.bucket(BUCKET).key(key), RequestBody.fromString(content));
    }

    private static void delete(String key) {
        client.deleteObject(delete -> delete.bucket(BUCKET).key(key));
    }
}
