package dev.capstan.worker.storage;

import static dev.capstan.worker.storage.ObjectServer.ACCESS_KEY_ID;
import static dev.capstan.worker.storage.ObjectServer.SECRET_ACCESS_KEY;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.protocol.JobFile.Dataset;
import dev.capstan.protocol.JobFile.Place;
import dev.capstan.protocol.JobFile.S3;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.Fixtures;
import dev.capstan.worker.data.DataDigest;
import dev.capstan.worker.data.DatasetReader;
import dev.capstan.worker.outcome.Failure;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;

/** Against a real service. */
class FetchedTest {
    private static final String BUCKET = "data";

    @TempDir
    static Path shared;

    private static ObjectServer server;
    private static S3Client client;
    private static Path secret;

    @TempDir
    Path folder;

    private Path scratch;

    @BeforeAll
    static void start() throws Exception {
        server = ObjectServer.start(shared);
        client = server.client();
        client.createBucket(create -> create.bucket(BUCKET));
        put("one/rows.csv", "1,2,0\n3,4,1\n");
        put("folder/a/x", "in a");
        put("folder/b", "b");
        put("folder/c/", "");
        put("folders", "not in the folder");
        secret = ObjectServer.secret(
                shared.resolve("reader"), List.of("accessKeyId", ACCESS_KEY_ID, "secretAccessKey", SECRET_ACCESS_KEY));
    }

    @AfterAll
    static void stop() {
        client.close();
        server.close();
    }

    @BeforeEach
    void makeScratch() throws IOException {
        scratch = Files.createDirectory(folder.resolve("scratch"));
    }

    @Test
    void whatLiesOnAVolumeStaysThere() {
        assertEquals(
                Path.of("/data/x"), Fetched.path("data.train", new Place("/data/x", "pvc://data/x", null), scratch));
    }

    @Test
    void anObjectBecomesAFileOfItsName() throws Exception {
        var file = Fetched.path("data.train", server.place("s3://data/one/rows.csv", secret), scratch);
        assertEquals("rows.csv", file.getFileName().toString());
        assertTrue(file.startsWith(scratch));
        assertEquals("1,2,0\n3,4,1\n", Files.readString(file));
    }

    @Test
    void objectsWithACommonPrefixBecomeAFolder() throws Exception {
        for (var uri : List.of("s3://data/folder", "s3://data/folder/")) {
            assertEquals(List.of("a/x", "b"), files(Fetched.path("data.train", server.place(uri, secret), scratch)));
        }
        assertEquals(
                List.of("folder/a/x", "folder/b", "folders", "one/rows.csv"),
                files(Fetched.path("data.train", server.place("s3://data", secret), scratch)).stream()
                        .filter(name -> !name.startsWith("other"))
                        .toList());
    }

    @Test
    void samplesAreReadFromABucketAsFromAFolder() throws Exception {
        var images = Fixtures.images(40, 1);
        server.upload(Fixtures.writeIdx(folder.resolve("idx"), images), BUCKET, "other/idx/");
        var dataset = new Dataset(server.place("s3://data/other/idx", secret), Dataset.Format.IDX, null, null, null);
        var learned = DatasetReader.learn("data.train", dataset, Fixtures.CLASSES, scratch);
        Assertions.assertArrayEquals(DataDigest.of(images), DataDigest.of(learned.samples()));
    }

    /** More than one page of a list. */
    @Test
    void allOfManyObjectsAreFetched() throws Exception {
        for (int i = 0; i < 1003; i++) {
            Files.createDirectories(server.file(BUCKET, "other/many"));
            Files.writeString(server.file(BUCKET, "other/many/" + i), String.valueOf(i));
        }
        var fetched = Fetched.path("data.train", server.place("s3://data/other/many", secret), scratch);
        assertEquals(1003, files(fetched).size());
        assertEquals("1002", Files.readString(fetched.resolve("1002")));
    }

    @Test
    void namesInAnyScriptStayAsTheyAre() throws Exception {
        var names = List.of(
                "A\u0308pfel/1 (2).png",
                "a+b%41/x y",
                "\u00c4pfel/1.png",
                "\u82f9\u679c/ \u0642\u0637\u0629.csv",
                "\ud83d\udc08/\u041a\u043e\u0448\u043a\u0430");
        for (var name : names) {
            put("other/\u6570 \u636e/" + name, name);
        }
        var fetched = Fetched.path("data.train", server.place("s3://data/other/\u6570 \u636e", secret), scratch);
        assertEquals(names.stream().sorted().toList(), files(fetched));
        for (var name : names) {
            assertEquals(name, Files.readString(fetched.resolve(name)));
        }
        var one = Fetched.path("data.train", server.place("s3://data/other/\u6570 \u636e/a+b%41/x y", secret), scratch);
        assertEquals("x y", one.getFileName().toString());
    }

    static Stream<Arguments> listed() {
        return Stream.of(
                Arguments.of(
                        List.of("x/cat", "x/cat/1.png"),
                        "data.train: s3://data/x/ has an object x/cat and others in a folder of that name; only one of"
                                + " them can be a file"),
                Arguments.of(
                        List.of("x/" + "n".repeat(256)),
                        "data.train: s3://data/x/ has an object x/" + "n".repeat(256)
                                + ", whose key makes no file name"),
                Arguments.of(
                        List.of("x/../y"),
                        "data.train: s3://data/x/ has an object x/../y, whose key makes no file name"));
    }

    /** What a bucket may hold and a folder may not. */
    @ParameterizedTest
    @MethodSource("listed")
    void objectsThatMakeNoFilesAreNamedAtTheFirstAttempt(List<String> keys, String sentence) throws Exception {
        try (var service = new ScriptedService(list(keys, 1), ScriptedService.Answer.of(200, "x"))) {
            var place = new Place(null, "s3://data/x/", service.reachedWith(secret));
            var e = assertThrows(Failure.class, () -> fetch(place));
            assertEquals(sentence, e.getMessage());
            assertEquals(Reason.InvalidData, e.reason());
        }
    }

    /** As some tools show a folder; an object that is empty and nothing else is an empty file. */
    @Test
    void anEmptyObjectMayStandForAFolder() throws Exception {
        var none = ScriptedService.Answer.of(200, "");
        try (var service =
                new ScriptedService(none, list(List.of("x/cat/"), 0), list(List.of("x/cat", "x/dog"), 0), none)) {
            var place = new Place(null, "s3://data/x", service.reachedWith(secret));
            assertEquals(List.of("cat", "dog"), files(fetch(place)));
        }
        try (var service = new ScriptedService(none, list(List.of(), 0), none)) {
            var place = new Place(null, "s3://data/x", service.reachedWith(secret));
            assertEquals("x", fetch(place).getFileName().toString());
        }
    }

    private static ScriptedService.Answer list(List<String> keys, int size) {
        var contents = new StringBuilder();
        for (var key : keys) {
            contents.append("<Contents><Key>" + key + "</Key><Size>" + size + "</Size></Contents>");
        }
        return ScriptedService.Answer.of(
                200,
                "<ListBucketResult><Name>data</Name><IsTruncated>false</IsTruncated>" + contents
                        + "</ListBucketResult>");
    }

    static Stream<Arguments> refused() {
        return Stream.of(
                Arguments.of(
                        "s3://data/nothing",
                        List.of("accessKeyId", ACCESS_KEY_ID, "secretAccessKey", SECRET_ACCESS_KEY),
                        "data.train: s3://data/nothing is neither an object nor a folder with objects in it"),
                Arguments.of(
                        "s3://date/rows.csv",
                        List.of("accessKeyId", ACCESS_KEY_ID, "secretAccessKey", SECRET_ACCESS_KEY),
                        "data.train: s3://date/rows.csv can't be fetched: there is no bucket date at ENDPOINT"),
                Arguments.of(
                        "s3://date/",
                        List.of("accessKeyId", ACCESS_KEY_ID, "secretAccessKey", SECRET_ACCESS_KEY),
                        "data.train: s3://date/ can't be fetched: there is no bucket date at ENDPOINT"),
                Arguments.of(
                        "s3://data/one/rows.csv",
                        List.of("accessKeyId", ACCESS_KEY_ID, "secretAccessKey", "another-secret"),
                        "data.train: s3://data/one/rows.csv can't be fetched: the secretAccessKey in the secret of"
                                + " data.train.s3.secretRef isn't the one of its accessKeyId"),
                Arguments.of(
                        "s3://data/one/rows.csv",
                        List.of("accessKeyId", "nobody", "secretAccessKey", "another-secret"),
                        "data.train: s3://data/one/rows.csv can't be fetched: ENDPOINT doesn't know the accessKeyId in"
                                + " the secret of data.train.s3.secretRef"),
                Arguments.of(
                        "s3://data/one/rows.csv",
                        List.of("accessKeyId", ACCESS_KEY_ID),
                        "data.train.s3.secretRef: the secret given has no key secretAccessKey; it needs accessKeyId and"
                                + " secretAccessKey, and sessionToken if they came with one"),
                Arguments.of(
                        "s3://data/one/rows.csv",
                        List.of("accessKeyId", ACCESS_KEY_ID, "secretAccessKey", "\n"),
                        "data.train.s3.secretRef: the secret given has nothing under the key secretAccessKey"));
    }

    /** As an editor on Windows saves it; a mark at the start of UTF-8 is read over. */
    @Test
    void aKeyThatIsNoUtf8IsCalledThat() throws Exception {
        var keys =
                ObjectServer.secret(folder.resolve("given"), List.of("accessKeyId", "\uFEFF" + ACCESS_KEY_ID + "\r\n"));
        Files.write(keys.resolve("secretAccessKey"), SECRET_ACCESS_KEY.getBytes(StandardCharsets.UTF_16));
        var place = server.place("s3://data/one/rows.csv", keys);
        var e = assertThrows(Failure.class, () -> fetch(place));
        assertEquals(
                "data.train.s3.secretRef: the secret given has something under the key secretAccessKey that is no UTF-8"
                        + " text",
                e.getMessage());
        assertEquals(Reason.InvalidData, e.reason());
        Files.writeString(keys.resolve("secretAccessKey"), "\uFEFF" + SECRET_ACCESS_KEY);
        assertEquals("1,2,0\n3,4,1\n", Files.readString(fetch(place)));
    }

    @ParameterizedTest(name = "{2}")
    @MethodSource("refused")
    void refuses(String uri, List<String> keys, String sentence) throws Exception {
        var place = server.place(uri, ObjectServer.secret(folder.resolve("given"), keys));
        var e = assertThrows(Failure.class, () -> fetch(place));
        assertEquals(sentence.replace("ENDPOINT", server.endpoint()), e.getMessage());
        assertEquals(Reason.InvalidData, e.reason());
        assertFalse(shown(e).contains("another-secret"), shown(e));
    }

    @Test
    void whoGivesNoKeyIsDeniedWhatIsNotPublic() {
        var place = new Place(null, "s3://data/one/rows.csv", new S3(server.endpoint(), "us-east-1", null));
        var e = assertThrows(Failure.class, () -> fetch(place));
        assertTrue(e.getMessage().contains("denies access"), e.getMessage());
        assertEquals(Reason.InvalidData, e.reason());
    }

    @ParameterizedTest
    @ValueSource(strings = {"http://no-such-host.invalid", "http://10.0.0.300", "https://minio..example.com:9000"})
    void anEndpointThatIsNoHost(String endpoint) {
        assertSentence(
                endpoint,
                Reason.InvalidData,
                "data.train: s3://data/x can't be fetched: " + endpoint
                        + " is no host that is known here; check data.train.s3.endpoint");
    }

    @Test
    void anEndpointThatSpeaksNoTls() {
        var https = server.endpoint().replace("http:", "https:");
        assertSentence(
                https, Reason.InvalidData, "data.train: s3://data/x can't be fetched: " + https + " speaks no TLS");
    }

    /** Nobody listens: that may be the service's bad hour, and another attempt's chance. */
    @Test
    void aServiceThatIsDownMayComeBack() throws Exception {
        int port = Fixtures.freePorts(1).getFirst();
        assertSentence(
                "http://127.0.0.1:" + port,
                Reason.StorageUnavailable,
                "data.train: s3://data/x can't be fetched from http://127.0.0.1:" + port + ", tried 6 times: ");
    }

    /** A service that fails a few times, cuts an answer, changes one, and at last gives what it promised. */
    @Test
    void whatFailsByChanceIsTriedAgain() throws Exception {
        var tries = new AtomicInteger();
        var good =
                "HTTP/1.1 200 OK\r\nConnection: close\r\nETag: \"900150983cd24fb0d6963f7d28e17f72\"\r\nContent-Length: 3\r\n\r\n";
        var answers = List.of(
                "HTTP/1.1 503 Slow Down\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
                good + "ab",
                good + "abd",
                "",
                good + "abc");
        try (var socket = new ServerSocket(Fixtures.freePorts(1).getFirst())) {
            var answering = Thread.ofVirtual().start(() -> {
                try {
                    while (true) {
                        try (var connection = socket.accept()) {
                            var in = connection.getInputStream();
                            for (int last = 0, got; last < 4 && (got = in.read()) >= 0; ) {
                                last = got == "\r\n\r\n".charAt(last) ? last + 1 : got == '\r' ? 1 : 0;
                            }
                            connection
                                    .getOutputStream()
                                    .write(answers.get(tries.getAndIncrement()).getBytes(StandardCharsets.US_ASCII));
                        }
                    }
                } catch (IOException e) {
                    // The test is over.
                }
            });
            var place = new Place(
                    null,
                    "s3://data/x",
                    new S3("http://127.0.0.1:" + socket.getLocalPort(), "us-east-1", secret.toString()));
            assertEquals("abc", Files.readString(fetch(place)));
            assertEquals(answers.size(), tries.get());
            socket.close();
            answering.join();
        }
    }

    /** A thread that uses no processor time at all for minutes is taken for one that hangs. */
    @Test
    void whoWaitsForOthersToFetchLooksRound() throws Exception {
        var threads = ManagementFactory.getThreadMXBean();
        long waiting = Thread.currentThread().threadId();
        try (var pool = Executors.newFixedThreadPool(1)) {
            long spent = ObjectStore.sum(pool, List.of(() -> {
                Thread.sleep(100);
                long before = threads.getThreadCpuTime(waiting);
                Thread.sleep(500);
                return threads.getThreadCpuTime(waiting) - before;
            }));
            assertTrue(spent > 0);
        }
    }

    /** Without the patience that a service needs in earnest. */
    private Path fetch(Place place) {
        return Fetched.path("data.train", place, scratch, Duration.ofMillis(10));
    }

    private void assertSentence(String endpoint, Reason reason, String sentence) {
        var place = new Place(null, "s3://data/x", new S3(endpoint, "us-east-1", secret.toString()));
        var e = assertThrows(Failure.class, () -> fetch(place));
        assertTrue(e.getMessage().startsWith(sentence), e.getMessage());
        assertEquals(reason, e.reason());
        assertFalse(shown(e).contains(SECRET_ACCESS_KEY), shown(e));
    }

    /** All that a log would show of a failure. */
    private static String shown(Throwable e) {
        var text = new java.io.StringWriter();
        e.printStackTrace(new java.io.PrintWriter(text));
        return text.toString();
    }

    private static void put(String key, String content) {
        client.putObject(put -> put.bucket(BUCKET).key(key), RequestBody.fromString(content));
    }

    private static List<String> files(Path folder) throws IOException {
        try (var all = Files.walk(folder)) {
            return all.filter(Files::isRegularFile)
                    .map(file -> folder.relativize(file).toString())
                    .sorted()
                    .toList();
        }
    }
}
