package dev.capstan.worker.checkpoint;

import static dev.capstan.worker.storage.ObjectServer.ACCESS_KEY_ID;
import static dev.capstan.worker.storage.ObjectServer.SECRET_ACCESS_KEY;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.JobFile.Output.IfExists;
import dev.capstan.protocol.JobFile.S3;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.protocol.Progress;
import dev.capstan.worker.Fixtures;
import dev.capstan.worker.artifact.DurableFile;
import dev.capstan.worker.model.Native;
import dev.capstan.worker.model.Network;
import dev.capstan.worker.model.Networks;
import dev.capstan.worker.outcome.Failure;
import dev.capstan.worker.step.Position;
import dev.capstan.worker.storage.ObjectServer;
import dev.capstan.worker.train.TrainingState;
import dev.capstan.worker.train.Watch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.S3Object;

/** What {@link CheckpointFolderTest} asks of a volume, of a bucket of a real service. */
class BucketShelfTest {
    private static final String BUCKET = "models";
    private static final String FOLDER = "out/checkpoints/uid-1/";
    private static final String RECIPE = "sha256:recipe";
    private static final String DATA = "sha256:data";
    private static final TrainingState.Origin ORIGIN = new TrainingState.Origin(RECIPE, DATA, Fixtures.PREPROCESSING);

    @TempDir
    static Path shared;

    private static ObjectServer server;
    private static S3Client client;
    private static S3 s3;

    @TempDir
    Path scratch;

    private final Network network = network();

    @BeforeAll
    static void start() throws Exception {
        Native.load(Map.of());
        server = ObjectServer.start(shared);
        client = server.client();
        client.createBucket(create -> create.bucket(BUCKET));
        var secret = ObjectServer.secret(
                shared.resolve("writer"), List.of("accessKeyId", ACCESS_KEY_ID, "secretAccessKey", SECRET_ACCESS_KEY));
        s3 = new S3(server.endpoint(), "us-east-1", secret.toString());
    }

    @AfterAll
    static void stop() {
        client.close();
        server.close();
    }

    @AfterEach
    void emptyBucket() {
        for (var key : keys()) {
            client.deleteObject(delete -> delete.bucket(BUCKET).key(key));
        }
    }

    @Test
    void whatIsWrittenIsFoundAgain() throws Exception {
        network.parameters().addi(1);
        network.updaterState().addi(2);
        var checkpoints = folder(1);
        checkpoints.prepare();
        assertEquals(List.of(), keys(), "nothing stays of finding out");
        assertTrue(checkpoints.newest(RECIPE, DATA).isEmpty());
        var written = write(1, 7);
        assertEquals("s3://models/" + FOLDER + "step-000000000007-attempt-1", written.uri());
        assertEquals(7, written.step());
        assertEquals(written, write(1, 7), "and the second time it is there already");

        var found = folder(2).newest(RECIPE, DATA).orElseThrow();
        assertEquals(written, found.shown());
        var other = network();
        new TrainingState(job(2, null).job(), 2, ORIGIN, other, new Watch(null)).read(found);
        assertArrayEquals(
                network.parameters().data().asFloat(), other.parameters().data().asFloat());
        assertEquals(7, other.step());
        assertEquals(written, folder(2).at(7, written.digest(), Duration.ZERO).shown());
        assertThrows(Failure.class, () -> folder(2).newest("sha256:other", DATA));
    }

    @ParameterizedTest
    @ValueSource(strings = {"model.zip", "state.json", "manifest.json", "preprocessing.json"})
    void aBrokenOneIsPassedOverForTheOneBefore(String broken) throws Exception {
        write(1, 1, 2);
        var key = FOLDER + "step-000000000002-attempt-1/" + broken;
        put(key, "{}");
        assertEquals(1, newest(folder(2)));
        client.deleteObject(delete -> delete.bucket(BUCKET).key(key));
        assertEquals(1, newest(folder(2)));
        write(1, 2);
        assertEquals(2, newest(folder(2)), "it is written anew when training comes there again");
    }

    @Test
    void aNameThatLeadsElsewhereIsBroken() throws Exception {
        write(1, 1);
        var key = FOLDER + "step-000000000001-attempt-1/manifest.json";
        var manifest =
                client.getObjectAsBytes(get -> get.bucket(BUCKET).key(key)).asUtf8String();
        put(key, manifest.replace("\"preprocessing.json\"", "\"../../../escaped\""));
        assertTrue(folder(2).newest(RECIPE, DATA).isEmpty());
    }

    @Test
    void onlySoManyAreKeptAndOnlyOlderOnesGo() throws Exception {
        write(1, 9);
        write(1, 1, 2, 3);
        assertEquals(
                Set.of("step-000000000002-attempt-1", "step-000000000003-attempt-1", "step-000000000009-attempt-1"),
                names());
    }

    @Test
    void attemptsDontMeet() throws Exception {
        var first = write(1, 5);
        network.parameters().addi(1);
        var second = write(2, 5);
        assertEquals(Set.of("step-000000000005-attempt-1", "step-000000000005-attempt-2"), names());
        assertEquals(second, folder(3).newest(RECIPE, DATA).orElseThrow().shown());
        assertEquals(first, folder(3).at(5, first.digest(), Duration.ZERO).shown());
        write(1, 7, 8, 9);
        assertEquals(second, folder(3).newest(RECIPE, DATA).orElseThrow().shown());
        assertTrue(names().contains("step-000000000005-attempt-2"), "removed is what is its own");
        var e = assertThrows(Failure.class, () -> folder(3).at(4, "sha256:0", Duration.ZERO));
        assertEquals(Reason.OutputUnavailable, e.reason());
        assertTrue(e.getMessage().contains("s3://models/" + FOLDER + "step-000000000004"), e.getMessage());
    }

    /** As of a service whose lists are behind the times. */
    @Test
    void whatTheStatusListsIsLookedForByItsName() throws Exception {
        var listed = write(1, 5);
        var elsewhere = new Progress.Checkpoint(6, "s3://other/step-000000000006", "sha256:0", listed.time());
        for (var each : List.of(List.of(listed), List.of(listed, elsewhere))) {
            assertEquals(5, newest(new CheckpointFolder(job(2, each), scratch, Clock.systemUTC())));
        }
        delete("step-000000000005-attempt-1/manifest.json");
        assertTrue(new CheckpointFolder(job(2, List.of(listed)), scratch, Clock.systemUTC())
                .newest(RECIPE, DATA)
                .isEmpty());
    }

    @Test
    void whatKilledAttemptsLeftIsRemovedAndNothingElse() throws Exception {
        write(1, 1);
        for (int attempt = 1; attempt <= 3; attempt++) {
            put(FOLDER + "step-000000000002-attempt-" + attempt + "/model.zip", "half");
            int number = attempt;
            client.createMultipartUpload(
                    create -> create.bucket(BUCKET).key(FOLDER + "step-000000000003-attempt-" + number + "/model.zip"));
        }
        put(FOLDER + "step-000000000004.tar.gz", "a copy");
        folder(2).prepare();
        assertEquals(
                Set.of("step-000000000001-attempt-1", "step-000000000002-attempt-3", "step-000000000004.tar.gz"),
                names());
        assertEquals(
                List.of(FOLDER + "step-000000000003-attempt-3/model.zip"),
                client.listMultipartUploads(list -> list.bucket(BUCKET)).uploads().stream()
                        .map(upload -> upload.key())
                        .toList());
    }

    /** A later attempt takes what it finds half written for left behind. */
    @Test
    void whoseFilesWereRemovedMeanwhilePutsNoManifest() throws Exception {
        var state = state(1, 5);
        var parts = new LinkedHashMap<>(state.parts());
        parts.put("last", out -> delete("step-000000000005-attempt-1/model.zip"));
        var e = assertThrows(IOException.class, () -> folder(1).write(new Parts(state, parts)));
        assertTrue(e.getMessage().contains("somebody has removed"), e.getMessage());
        assertTrue(folder(2).newest(RECIPE, DATA).isEmpty());
    }

    @Test
    void whatFailsInTheMiddleLeavesNoPartsAndTheOneBefore() throws Exception {
        write(1, 4);
        var state = state(1, 5);
        var parts = new LinkedHashMap<>(state.parts());
        parts.put("last", out -> {
            out.write(new byte[17 << 20]);
            throw new IOException("the end");
        });
        assertThrows(IOException.class, () -> folder(1).write(new Parts(state, parts)));
        assertTrue(client.listMultipartUploads(list -> list.bucket(BUCKET).prefix(FOLDER + "step-000000000005"))
                .uploads()
                .isEmpty());
        assertEquals(4, newest(folder(1)));
    }

    @Test
    void aMistakeIsToldBeforeAnyWorkIsDone() throws Exception {
        var mistaken =
                new S3(s3.endpoint(), "us-east-1", shared.resolve("nobody").toString());
        ObjectServer.secret(shared.resolve("nobody"), List.of("accessKeyId", "nobody", "secretAccessKey", "x"));
        var base = Fixtures.job(scratch, "uid-1", 1, 2, 1);
        var checkpoints =
                new CheckpointFolder(Fixtures.inBucket(base, mistaken, IfExists.FAIL), scratch, Clock.systemUTC());
        var e = assertThrows(Failure.class, checkpoints::prepare);
        assertEquals(Reason.OutputUnavailable, e.reason());
        assertEquals(
                "checkpoint.storage s3://models/out/checkpoints can't be written: " + s3.endpoint()
                        + " doesn't know the accessKeyId in the secret of output.storage.s3.secretRef",
                e.getMessage());
    }

    /** Memory is bounded by a part, scratch by one checkpoint. */
    @Test
    void oneCheckpointAtATimeIsFetched() throws Exception {
        var first = write(1, 1);
        write(1, 2);
        var checkpoints = folder(2);
        var newest = checkpoints.newest(RECIPE, DATA).orElseThrow();
        var files = count(newest.folder());
        checkpoints.at(1, first.digest(), Duration.ZERO);
        assertEquals(files, count(newest.folder()));
        checkpoints.tidy();
        assertEquals(0, count(newest.folder()));
    }

    private record Parts(State state, Map<String, DurableFile.Content> parts) implements State {
        @Override
        public Description description() {
            return state.description();
        }

        @Override
        public void read(State.Parts parts) {
            throw new UnsupportedOperationException();
        }
    }

    private static long count(Path folder) throws IOException {
        try (var files = Files.list(folder)) {
            return files.count();
        }
    }

    private static long newest(CheckpointFolder checkpoints) {
        return checkpoints.newest(RECIPE, DATA).orElseThrow().description().step();
    }

    /** Its own checkpoints are on a volume. */
    @Test
    void anotherJobBeginsWithOneOfThem() throws Exception {
        network.parameters().addi(1);
        var written = write(1, 7);
        var other = resumingFrom(written.uri(), written.digest());
        var found = other.newest(RECIPE, DATA).orElseThrow();
        assertEquals(written, found.shown());
        assertEquals(written, other.at(7, written.digest(), Duration.ZERO).shown());
        var read = network();
        var state = new TrainingState(job(1, null).job(), 2, ORIGIN, read, new Watch(null));
        state.read(found);
        assertArrayEquals(
                network.parameters().data().asFloat(), read.parameters().data().asFloat());

        var wrong = resumingFrom(written.uri(), "sha256:" + "0".repeat(64));
        var e = assertThrows(Failure.class, () -> wrong.newest(RECIPE, DATA));
        assertEquals(Reason.InvalidJob, e.reason());
        assertTrue(e.getMessage().contains(" has the digest " + written.digest()), e.getMessage());
        var gone = resumingFrom(written.uri().replace("0007", "0008"), null);
        e = assertThrows(Failure.class, () -> gone.newest(RECIPE, DATA));
        assertEquals(Reason.InvalidJob, e.reason());
        assertTrue(e.getMessage().contains(" can't be gone on from: "), e.getMessage());
    }

    private CheckpointFolder resumingFrom(String uri, String digest) throws IOException {
        var job = Fixtures.job(scratch, "uid-2", 1, 2, 1);
        var own = job.checkpoints();
        var from = new JobFile.From(new JobFile.Place(null, uri, s3), digest);
        return new CheckpointFolder(
                new JobFile(
                        job.version(),
                        job.job(),
                        job.work(),
                        new JobFile.Checkpoints(own.path(), own.uri(), 0, 0, 2, null, null, null, null, from),
                        job.peers(),
                        job.output(),
                        job.timeouts()),
                scratch,
                Clock.systemUTC());
    }

    private CheckpointFolder folder(int attempt) throws IOException {
        return new CheckpointFolder(job(attempt, null), scratch, Clock.systemUTC());
    }

    private JobFile job(int attempt, List<Progress.Checkpoint> listed) throws IOException {
        var job = Fixtures.inBucket(Fixtures.job(scratch, "uid-1", attempt, 2, 1), s3, IfExists.FAIL);
        var to = job.checkpoints();
        return new JobFile(
                job.version(),
                job.job(),
                job.work(),
                new JobFile.Checkpoints(null, to.uri(), 0, 0, to.keep(), listed, s3),
                job.peers(),
                job.output(),
                job.timeouts());
    }

    /** The last of the checkpoints that an attempt writes. */
    private Progress.Checkpoint write(int attempt, long... steps) throws IOException {
        Progress.Checkpoint last = null;
        for (long step : steps) {
            last = folder(attempt).write(state(attempt, step));
        }
        return last;
    }

    private TrainingState state(int attempt, long step) throws IOException {
        var state = new TrainingState(job(attempt, null).job(), 2, ORIGIN, network, new Watch(null));
        state.reached(new Position(step, 0, (int) step));
        network.resume((int) step, 0);
        return state;
    }

    private static Network network() {
        return Networks.create(Fixtures.layers(), Fixtures.training(1, 32, Fixtures.ADAM, 7), Fixtures.SIDE);
    }

    private static Set<String> names() {
        var names = new TreeSet<String>();
        for (var key : keys()) {
            names.add(key.substring(FOLDER.length()).split("/")[0]);
        }
        return names;
    }

    private static List<String> keys() {
        return client.listObjectsV2(list -> list.bucket(BUCKET)).contents().stream()
                .map(S3Object::key)
                .toList();
    }

    private static void put(String key, String content) {
        client.putObject(put -> put.bucket(BUCKET).key(key), RequestBody.fromString(content));
    }

    private static void delete(String name) {
        client.deleteObject(delete -> delete.bucket(BUCKET).key(FOLDER + name));
    }
}
