package dev.capstan.worker.storage;

import static dev.capstan.worker.storage.ObjectServer.ACCESS_KEY_ID;
import static dev.capstan.worker.storage.ObjectServer.SECRET_ACCESS_KEY;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.protocol.JobFile.S3;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.Fixtures;
import dev.capstan.worker.outcome.Failure;
import dev.capstan.worker.storage.ScriptedService.Answer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.services.s3.S3Client;

/** Against a real service, and against the answers of services that aren't at hand. */
class ObjectFolderTest {
    private static final String BUCKET = "models";

    @TempDir
    static Path shared;

    private static ObjectServer server;
    private static S3Client client;
    private static Path secret;

    @TempDir
    Path scratch;

    @BeforeAll
    static void start() throws Exception {
        server = ObjectServer.start(shared);
        client = server.client();
        client.createBucket(create -> create.bucket(BUCKET));
        secret = ObjectServer.secret(
                shared.resolve("writer"), List.of("accessKeyId", ACCESS_KEY_ID, "secretAccessKey", SECRET_ACCESS_KEY));
    }

    @AfterAll
    static void stop() {
        client.close();
        server.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "/", "/a", "/a/"})
    void whatIsPutIsFoundWithAndWithoutASlash(String path) throws Exception {
        var folder = folder("s3://models" + path);
        folder.put("here/manifest.json", "x" + path);
        assertEquals(
                "x" + path,
                folder.text("here/manifest.json", BoundedText.SHORT)
                        .orElseThrow()
                        .text());
        assertTrue(folder.list("here").contains(new ObjectFolder.Entry("here/manifest.json", 1 + path.length())));
        assertEquals(
                "s3://models" + (path.contains("a") ? "/a" : "") + "/here/manifest.json",
                folder.uri("here/manifest.json"));
        folder.delete("here/manifest.json");
        folder.delete("here/manifest.json");
        assertEquals(Optional.empty(), folder.text("here/manifest.json", BoundedText.SHORT));
        assertEquals(List.of(), folder.list("here"));
    }

    /** Names end up in a URL, in a signature and in a list. */
    @ParameterizedTest
    @ValueSource(strings = {"a b", "a+b", "a%2Bb", "a=b&c", "ü\u4f60", "a@b,c~d", "q?x#y"})
    void namesAreTakenAsTheyAre(String name) throws Exception {
        var folder = folder("s3://models/n@mes+a=b,c~d");
        folder.put(name, "1");
        assertEquals(List.of(new ObjectFolder.Entry(name, 1)), folder.list(""));
        folder.fetch(name, scratch.resolve("copy"));
        assertEquals("1", Files.readString(scratch.resolve("copy")));
        folder.delete(name);
        assertEquals(List.of(), folder.list(""));
    }

    @Test
    void whatIsLargeGoesInPartsAndComesWhole() throws Exception {
        var folder = folder("s3://models/large");
        var bytes = new byte[ObjectUpload.PART + 3];
        new Random(1).nextBytes(bytes);
        try (var upload = folder.upload("model.zip")) {
            upload.write(bytes, 0, 5);
            upload.write(bytes[5]);
            upload.write(bytes, 6, bytes.length - 6);
            assertEquals(bytes.length, upload.written());
            assertEquals(List.of(), folder.list(""), "not before it is complete");
            upload.complete();
            assertThrows(IOException.class, () -> upload.write(1));
        }
        folder.fetch("model.zip", scratch.resolve("copy"));
        assertArrayEquals(bytes, Files.readAllBytes(scratch.resolve("copy")));
        try (var upload = folder.upload("empty")) {
            upload.complete();
        }
        assertEquals("", folder.text("empty", BoundedText.SHORT).orElseThrow().text());
    }

    /** Parts that no list shows are paid for. */
    @Test
    void ofAnUploadThatIsGivenUpNothingStays() throws Exception {
        var folder = folder("s3://models/given-up");
        try (var upload = folder.upload("model.zip")) {
            upload.write(new byte[ObjectUpload.PART + 1]);
            assertEquals(1, uploads("given-up/").size());
        }
        assertEquals(List.of(), uploads("given-up/"));
        assertEquals(List.of(), folder.list(""));
    }

    @Test
    void uploadsOfKilledAttemptsAreGivenUp() {
        for (var key : List.of("killed/a-1/x", "killed/a-2/x", "killed/b-1/x")) {
            client.createMultipartUpload(create -> create.bucket(BUCKET).key(key));
        }
        folder("s3://models/killed").abortUploads("a-", name -> name.equals("a-1/x"));
        assertEquals(List.of("killed/a-2/x", "killed/b-1/x"), uploads("killed/"));
    }

    @Test
    void whoComesSecondIsTold() throws Exception {
        var folder = folder("s3://models/second");
        assertTrue(folder.put("manifest.json", "first", null));
        assertFalse(folder.put("manifest.json", "second", null));
        assertTrue(folder.put("manifest.json", "first", null), "its own, whose answer was lost");
        var tag = folder.text("manifest.json", BoundedText.SHORT).orElseThrow().tag();
        assertTrue(folder.put("manifest.json", "third", tag));
        assertFalse(folder.put("manifest.json", "fourth", tag));
        assertEquals(
                "third",
                folder.text("manifest.json", BoundedText.SHORT).orElseThrow().text());
        folder.delete("manifest.json");
        assertFalse(folder.put("manifest.json", "fourth", tag), "what it would replace is gone");
        assertEquals(Optional.empty(), folder.text("manifest.json", BoundedText.SHORT));
    }

    @Test
    void whatIsNotThereIsMissing() {
        var folder = folder("s3://models/missing");
        var e = assertThrows(NoSuchFileException.class, () -> folder.fetch("x", scratch.resolve("x")));
        assertEquals("s3://models/missing/x", e.getMessage());
    }

    @Test
    void whatIsLongerThanItMayBeIsNotRead() throws Exception {
        var folder = folder("s3://models/long");
        folder.put("manifest.json", "x".repeat(BoundedText.SHORT + 1));
        assertThrows(IllegalArgumentException.class, () -> folder.text("manifest.json", BoundedText.SHORT));
    }

    /** A token lasts for hours, a training for days. */
    @Test
    void aSecretThatChangesIsReadAnew() throws Exception {
        var mounted = ObjectServer.secret(
                scratch.resolve("mounted"), List.of("accessKeyId", ACCESS_KEY_ID, "secretAccessKey", "of yesterday"));
        var folder = new ObjectFolder(
                "output.storage",
                "s3://models/rotated",
                new S3(server.endpoint(), "us-east-1", mounted.toString()),
                Reason.OutputUnavailable,
                Duration.ofMillis(1));
        assertThrows(ObjectException.class, () -> folder.put("x", "1"));
        Files.writeString(mounted.resolve("secretAccessKey"), SECRET_ACCESS_KEY);
        folder.put("x", "1");
        // As the kubelet changes it: all at once.
        var next = ObjectServer.secret(scratch.resolve("next"), List.of("accessKeyId", ACCESS_KEY_ID));
        Files.createSymbolicLink(mounted.resolve("..data"), next);
        var e = assertThrows(ObjectException.class, () -> folder.put("x", "1"));
        assertTrue(
                e.getMessage()
                        .startsWith("output.storage.s3.secretRef: the secret mounted has no key secretAccessKey;"),
                e.getMessage());
        assertFalse(Outage.causes(e));
        var failure = assertThrows(
                Failure.class,
                () -> folder("s3://models/rotated", new S3(server.endpoint(), "us-east-1", mounted.toString())));
        assertEquals(Reason.OutputUnavailable, failure.reason());
        Files.writeString(next.resolve("secretAccessKey"), SECRET_ACCESS_KEY);
        Files.writeString(mounted.resolve("secretAccessKey"), "of the version before");
        folder.put("x", "2");
    }

    static Stream<Arguments> mistakes() {
        var all = " must be allowed s3:GetObject, s3:PutObject and s3:DeleteObject on models/out/*, and s3:ListBucket"
                + " on the bucket models";
        var key = "; the key in the secret of output.storage.s3.secretRef";
        return Stream.of(
                Arguments.of(
                        Answer.error(403, "AccessDenied", "Access Denied"),
                        "ENDPOINT denies s3:PutObject on models/out/x" + key + all),
                Arguments.of(
                        Answer.error(404, "NoSuchBucket", "The specified bucket does not exist"),
                        "there is no bucket models at ENDPOINT"),
                Arguments.of(
                        Answer.error(301, "PermanentRedirect", "must be addressed using the specified endpoint"),
                        "the bucket isn't in output.storage.s3.region, which is us-east-1"),
                Arguments.of(
                        Answer.error(400, "AuthorizationHeaderMalformed", "the region is wrong; expecting eu-west-1"),
                        "the bucket isn't in output.storage.s3.region, which is us-east-1"),
                Arguments.of(
                        Answer.error(400, "ExpiredToken", "The provided token has expired."),
                        "the sessionToken in the secret of output.storage.s3.secretRef has expired or is wrong"),
                Arguments.of(
                        Answer.error(405, "MethodNotAllowed", "The specified method is not allowed against this one"),
                        "ENDPOINT answers with status 405 and MethodNotAllowed; check output.storage.s3.endpoint (it"
                                + " says: The specified method is not allowed against this one)"),
                Arguments.of(
                        Answer.of(403, "<html>proxy</html>"),
                        "ENDPOINT answers with status 403, and not as an S3 service does; check"
                                + " output.storage.s3.endpoint"));
    }

    /** Told at the first attempt, and not tried for hours. */
    @ParameterizedTest(name = "{1}")
    @MethodSource("mistakes")
    void aMistakeIsToldAtOnce(Answer answer, String sentence) throws Exception {
        try (var service = new ScriptedService(answer)) {
            var e = assertThrows(ObjectException.class, () -> folder(service).put("x", "1"));
            assertEquals(sentence.replace("ENDPOINT", service.endpoint()), e.getMessage());
            assertFalse(Outage.causes(e));
            assertEquals(1, service.asked().size());
        }
    }

    /** As Ceph, MinIO and Garage say it. Somebody may make room while nobody touches the job. */
    @ParameterizedTest
    @CsvSource({
        "403, QuotaExceeded, ''",
        "400, XMinioAdminBucketQuotaExceeded, Bucket quota exceeded",
        "403, AccessDenied, 'Forbidden: Object size quota is reached, maximum total size of objects for this bucket: 100'"
    })
    void aBucketWithoutRoomMayHaveSomeLater(int status, String code, String words) throws Exception {
        try (var service = new ScriptedService(Answer.error(status, code, words))) {
            var e = assertThrows(ObjectException.class, () -> folder(service).put("x", "1"));
            assertTrue(
                    e.getMessage()
                            .startsWith("the bucket models at " + service.endpoint() + " has no room left (" + code),
                    e.getMessage());
            assertTrue(Outage.causes(e));
        }
    }

    /** Who may not list a bucket is denied what isn't there. */
    @Test
    void whatIsMissingWithoutListBucketSaysSo() throws Exception {
        try (var service = new ScriptedService(Answer.error(403, "AccessDenied", "Access Denied"))) {
            var e = assertThrows(ObjectException.class, () -> folder(service).text("x", BoundedText.SHORT));
            assertTrue(
                    e.getMessage()
                            .endsWith("and s3:ListBucket on the bucket models, without which objects that aren't"
                                    + " there are denied, too"),
                    e.getMessage());
            var uploads = folder(service);
            uploads.abortUploads("a", name -> true);
        }
    }

    @Test
    void aServiceThatIsSlowIsAskedAgain() throws Exception {
        var slow = Answer.error(503, "SlowDown", "Please reduce your request rate.");
        try (var service = new ScriptedService(slow, Answer.error(500, "InternalError", ""), Answer.of(200, ""))) {
            folder(service).put("x", "1");
            assertEquals(3, service.asked().size());
        }
        try (var service = new ScriptedService(slow)) {
            var e = assertThrows(ObjectException.class, () -> folder(service).put("x", "1"));
            assertTrue(
                    e.getMessage().startsWith("failed at " + service.endpoint() + ", tried 6 times: "), e.getMessage());
            assertTrue(Outage.causes(e));
        }
        var nobody = "http://127.0.0.1:" + Fixtures.freePorts(1).getFirst();
        var away = assertThrows(
                ObjectException.class,
                () -> folder("s3://models/out", new S3(nobody, "us-east-1", secret.toString()))
                        .put("x", "1"));
        assertTrue(Outage.causes(away), away.getMessage());
    }

    /** Another node may have a better clock. */
    @Test
    void aClockThatIsWrongIsTheNodes() throws Exception {
        try (var service =
                new ScriptedService(Answer.error(403, "RequestTimeTooSkewed", "The difference is too large."))) {
            var e = assertThrows(ObjectException.class, () -> folder(service).put("x", "1"));
            assertEquals("the node's clock differs too much from that of " + service.endpoint(), e.getMessage());
            assertTrue(Outage.causes(e));
        }
    }

    /** AWS's checksums in the trailer of a chunked body are AWS's own; object lock asks for a checksum. */
    @Test
    void whatIsSentEveryServiceUnderstands() throws Exception {
        try (var service = new ScriptedService(
                Answer.of(200, ""),
                Answer.of(200, ""),
                Answer.of(
                        200, "<InitiateMultipartUploadResult><UploadId>id</UploadId></InitiateMultipartUploadResult>"),
                new Answer(200, "", "part"))) {
            var folder = folder(service);
            folder.put("x", "1");
            folder.delete("x");
            try (var upload = folder.upload("y")) {
                upload.write(new byte[ObjectUpload.PART + 1]);
            }
            var asked = service.asked();
            assertEquals(
                    List.of(
                            "PUT /models/out/x",
                            "DELETE /models/out/x",
                            "POST /models/out/y?uploads",
                            "PUT /models/out/y?partNumber=1&uploadId=id",
                            "DELETE /models/out/y?uploadId=id"),
                    service.lines());
            for (var each : asked) {
                assertNull(each.headers().get("transfer-encoding"), each.line());
                assertNull(each.headers().get("content-encoding"), each.line());
                assertNull(each.headers().get("expect"), each.line());
                assertTrue(
                        each.headers().keySet().stream()
                                .noneMatch(name -> name.startsWith("x-amz-checksum")
                                        || name.equals("x-amz-trailer")
                                        || name.equals("x-amz-sdk-checksum-algorithm")),
                        each::toString);
            }
            assertEquals("xMpCOKC5I4INzFCab3WEmw==", asked.get(0).headers().get("content-md5"));
            var part = ObjectService.md5().digest(new byte[ObjectUpload.PART]);
            assertEquals(
                    Base64.getEncoder().encodeToString(part),
                    asked.get(3).headers().get("content-md5"));
        }
    }

    /** They are few; whoever comes last wins there. */
    @Test
    void aServiceThatKnowsNoConditionsIsPutToWithout() throws Exception {
        try (var service = new ScriptedService(
                Answer.error(501, "NotImplemented", "A header you provided implies functionality that is not there"),
                Answer.of(200, ""))) {
            assertTrue(folder(service).put("x", "1", null));
            assertEquals(
                    List.of("*", "none"),
                    service.asked().stream()
                            .map(each -> each.headers().getOrDefault("if-none-match", "none"))
                            .toList());
        }
    }

    /** The client repeats what may not have arrived; the second time there is nothing left to complete. */
    @Test
    void anUploadWhoseEndWasAnsweredLateIsThere() throws Exception {
        var begun = Answer.of(
                200, "<InitiateMultipartUploadResult><UploadId>id</UploadId></InitiateMultipartUploadResult>");
        var sent = new Answer(200, "", "part");
        var gone = Answer.error(404, "NoSuchUpload", "may have been aborted or completed");
        int size = ObjectUpload.PART + 1;
        var list = "<ListBucketResult><Contents><Key>out/y</Key><Size>%d</Size></Contents></ListBucketResult>";
        for (boolean there : new boolean[] {true, false}) {
            var listed = Answer.of(200, list.formatted(there ? size : size - 1));
            try (var service = new ScriptedService(
                            begun, sent, sent, Answer.error(500, "InternalError", ""), gone, listed);
                    var upload = folder(service).upload("y")) {
                upload.write(new byte[size]);
                if (there) {
                    upload.complete();
                } else {
                    assertThrows(ObjectException.class, upload::complete);
                }
            }
        }
    }

    private static ObjectFolder folder(ScriptedService service) {
        return folder("s3://models/out", service.reachedWith(secret));
    }

    private static ObjectFolder folder(String uri) {
        return folder(uri, new S3(server.endpoint(), "us-east-1", secret.toString()));
    }

    /** Without the patience that a service needs in earnest. */
    private static ObjectFolder folder(String uri, S3 s3) {
        return new ObjectFolder("output.storage", uri, s3, Reason.OutputUnavailable, Duration.ofMillis(1));
    }

    private static List<String> uploads(String prefix) {
        return client.listMultipartUploads(list -> list.bucket(BUCKET).prefix(prefix)).uploads().stream()
                .map(upload -> upload.key())
                .sorted()
                .toList();
    }
}
