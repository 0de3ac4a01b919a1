package dev.capstan.worker.serve.replica;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.protocol.Contract;
import dev.capstan.protocol.Json;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.protocol.ServiceFile;
import dev.capstan.protocol.ServiceFile.Access;
import dev.capstan.protocol.Serving;
import dev.capstan.worker.outcome.Failure;
import dev.capstan.worker.serve.DataType;
import dev.capstan.worker.serve.Echo;
import dev.capstan.worker.serve.Predictor;
import dev.capstan.worker.serve.ServedModel;
import io.grpc.CallOptions;
import io.grpc.ClientInterceptors;
import io.grpc.Metadata;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.vertx.core.Vertx;
import io.vertx.core.http.GoAway;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From a replica's start to its end, and who may ask it. */
class LifeTest {
    private static final String ONE =
            "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[1,1],\"data\":[1]}]}";
    private static final Map<String, Predictor> MODELS = Map.of("m", Echo.of(DataType.FP32));

    @TempDir
    Path folder;

    private static ServedModel served(Predictor predictor) {
        return new ServedModel("m", "7", "echo", "sha256:0", predictor, Optional.empty());
    }

    private static Serving serving(Server server) {
        var answer = server.send(server.management(Contract.SERVING_PATH).header("Authorization", "Bearer b34r3r"));
        assertEquals(200, answer.statusCode());
        return Json.read(answer.body(), Serving.class);
    }

    @Test
    void isReadyWhenThisVeryModelHasAnswered() {
        var file = Server.file(MODELS, Server.ALONE, Server.LIMITS, Server.OPEN);
        var tries = new AtomicInteger();
        var loaded = new CountDownLatch(1);
        var echo = Echo.of(DataType.FP32);
        try (var server = Server.of(file, model -> {
            if (tries.getAndIncrement() == 0) {
                throw new Failure(
                        Reason.StorageUnavailable, "s3://models/m can't be read: timed out; it is tried again");
            }
            try {
                loaded.await();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
            return served(echo);
        })) {
            assertEquals(200, server.send(server.management("/livez")).statusCode());
            assertEquals(503, server.send(server.management("/readyz")).statusCode());
            assertEquals("{\"ready\":false}", server.get("/v2/health/ready").body());
            for (int look = 0; tries.get() == 0; look++) {
                assertTrue(look < 1000);
                Server.sleep(5);
            }
            Server.sleep(20);
            assertEquals(Serving.State.LOADING, serving(server).state());
            assertEquals(
                    "s3://models/m can't be read: timed out; it is tried again",
                    serving(server).message());
            var early = server.infer("m", ONE);
            assertEquals(503, early.statusCode());
            assertEquals("1", early.headers().firstValue("Retry-After").orElseThrow());
            assertEquals(
                    "{\"error\":\"the model m doesn't answer: s3://models/m can't be read: timed out; it is tried"
                            + " again\"}",
                    early.body());
            var start = CompletableFuture.supplyAsync(() -> server.send(server.management(Contract.START_PATH)));
            Server.sleep(100);
            assertFalse(start.isDone(), "a kubelet that asks too early writes a Warning");
            loaded.countDown();
            assertEquals(200, start.join().statusCode());
            assertEquals(200, server.send(server.management("/readyz")).statusCode());
            server.awaitReady();
            assertTrue(echo.runs().get() > 0);
            var metrics = server.send(server.management("/metrics")).body();
            assertFalse(metrics.contains("capstan_serving_request_duration_seconds_count"), metrics);
            assertEquals(200, server.infer("m", ONE).statusCode());
            assertEquals("ready\n", server.send(server.management("/readyz")).body());
            for (int look = 0; serving(server).kept() == null; look++) {
                assertTrue(look < 1000);
                Server.sleep(5);
            }
            var now = serving(server);
            assertEquals(
                    new Serving(
                            Serving.State.READY,
                            "serves m version 7; a copy is kept",
                            "sha256:0",
                            true,
                            now.loadMillis()),
                    now);
            assertEquals(
                    401, server.send(server.management(Contract.SERVING_PATH)).statusCode());
            server.bearer = "n3w";
            var before = server.management(Contract.SERVING_PATH).header("Authorization", "Bearer b34r3r");
            assertEquals(401, server.send(before).statusCode(), "the service's secret was made anew");
            var after = server.management(Contract.SERVING_PATH).header("Authorization", "Bearer n3w");
            assertEquals(200, server.send(after).statusCode());
            assertEquals(404, server.send(server.management("/v2")).statusCode());
        }
    }

    @Test
    void aModelThatCannotBeLoadedIsSaidAndNeverReady() {
        var file = Server.file(MODELS, Server.ALONE, Server.LIMITS, Server.OPEN);
        try (var server = Server.of(file, model -> {
            throw new Failure(
                    Reason.InvalidData, "model.from: pvc://models/m can't be served: Protobuf parsing failed.");
        })) {
            for (int look = 0; serving(server).state() == Serving.State.LOADING; look++) {
                assertTrue(look < 1000);
                Server.sleep(5);
            }
            assertEquals(
                    new Serving(
                            Serving.State.FAILED,
                            "model.from: pvc://models/m can't be served: Protobuf parsing failed.",
                            null,
                            null,
                            null),
                    serving(server));
            assertEquals(503, server.send(server.management("/readyz")).statusCode());
            assertEquals(200, server.send(server.management("/livez")).statusCode());
            assertEquals(503, server.get("/v2/models/m/ready").statusCode());
        }
    }

    @Test
    void answersWhatHasComeBeforeItEnds() throws Exception {
        var models = Map.<String, Predictor>of("m", Echo.slow(300));
        var file = Server.file(models, Server.ALONE, Server.LIMITS, Server.OPEN);
        try (var server = Server.of(file, models, null);
                var grpc = GrpcClient.of(server.replica.ports().grpc())) {
            grpc.call("ServerLive");
            var begun = server.client.sendAsync(
                    server.rest("/v2/models/m/infer")
                            .POST(BodyPublishers.ofString(ONE))
                            .build(),
                    BodyHandlers.ofString());
            Server.sleep(100);
            var drained = CompletableFuture.supplyAsync(
                    () -> server.replica.drain(Duration.ofMillis(300), Duration.ofSeconds(20)));
            for (int look = 0; serving(server).state() != Serving.State.DRAINING; look++) {
                assertTrue(look < 100);
            }
            assertEquals(503, server.send(server.management("/readyz")).statusCode());
            // Who hasn't heard of it yet is answered.
            var late = server.infer("m", ONE);
            assertEquals(200, late.statusCode());
            // And told at once to come no more by this connection, or its next request might meet with the end.
            assertEquals("close", late.headers().firstValue("Connection").orElseThrow());
            assertFalse(drained.isDone());
            assertEquals(200, begun.get(20, TimeUnit.SECONDS).statusCode());
            assertEquals(0, drained.get(20, TimeUnit.SECONDS));
            var last = server.infer("m", ONE);
            assertEquals(200, last.statusCode());
            assertEquals("close", last.headers().firstValue("Connection").orElseThrow());
        }
    }

    /** By HTTP/2's own message, which refuses nothing that is on its way. */
    @Test
    void clientsOfHttp2AreAskedToLeaveLongBeforeTheEnd() throws Exception {
        var models = Map.<String, Predictor>of("m", Echo.slow(300));
        var file = Server.file(models, Server.ALONE, Server.LIMITS, Server.OPEN);
        var vertx = Vertx.vertx();
        try (var server = Server.of(file, models, null)) {
            var told = new CompletableFuture<GoAway>();
            var answered = new CompletableFuture<Integer>();
            var options = new HttpClientOptions()
                    .setProtocolVersion(HttpVersion.HTTP_2)
                    .setHttp2ClearTextUpgrade(false);
            vertx.httpClientBuilder()
                    .with(options)
                    .withConnectHandler(connection -> connection.goAwayHandler(told::complete))
                    .build()
                    .request(HttpMethod.POST, server.replica.ports().rest(), "localhost", "/v2/models/m/infer")
                    .compose(request -> request.send(ONE))
                    .onSuccess(answer -> answered.complete(answer.statusCode()))
                    .onFailure(answered::completeExceptionally);
            Server.sleep(100);
            var drained = CompletableFuture.supplyAsync(
                    () -> server.replica.drain(Duration.ofMillis(300), Duration.ofSeconds(20)));
            assertEquals(Integer.MAX_VALUE, told.get(20, TimeUnit.SECONDS).getLastStreamId());
            assertFalse(drained.isDone());
            assertEquals(200, answered.get(20, TimeUnit.SECONDS));
            assertEquals(0, drained.get(20, TimeUnit.SECONDS));
        } finally {
            vertx.close().toCompletionStage().toCompletableFuture().join();
        }
    }

    @Test
    void aModelThatHangsInItsRuntimeHasTheProcessStartedAnew() {
        var limits = new ServiceFile.Limits(1 << 20, 64, 50);
        var echo = Echo.slow(2);
        var models = Map.<String, Predictor>of("m", echo);
        try (var server = Server.of(Server.file(models, Server.ALONE, limits, Server.OPEN), models, null)) {
            var late = server.infer("m", ONE.replace("[1]}", "[17]}"));
            assertEquals(504, late.statusCode());
            assertEquals(200, server.send(server.management("/livez")).statusCode(), "it may end yet");
            HttpResponse<String> live;
            for (int look = 0; ; look++) {
                live = server.send(server.management("/livez"));
                if (live.statusCode() != 200) {
                    break;
                }
                assertTrue(look < 1000);
                Server.sleep(5);
            }
            assertEquals(503, live.statusCode());
            assertTrue(
                    live.body()
                            .matches("the model m has been computing for [0-9]+ ms, more than 10 times the 50 ms that"
                                    + " clients wait \\(limits.timeoutSeconds\\): it hangs\n"),
                    live.body());
        }
    }

    @Test
    void clientsMayUnloadAndLoadWhereThatIsAllowed() {
        var file = Server.file(MODELS, Server.ALONE, Server.LIMITS, new Access(null, null, true));
        try (var server = Server.of(file, MODELS, null)) {
            assertEquals(
                    "[{\"name\":\"m\",\"version\":\"7\",\"state\":\"READY\",\"reason\":\"\"}]",
                    server.post("/v2/repository/index", "").body());
            assertEquals(200, server.post("/v2/repository/models/m/unload", "").statusCode());
            assertEquals(503, server.infer("m", ONE).statusCode());
            assertEquals(
                    "[{\"name\":\"m\",\"version\":\"\",\"state\":\"UNAVAILABLE\",\"reason\":\"a client has unloaded"
                            + " it\"}]",
                    server.post("/v2/repository/index", "{}").body());
            assertEquals(
                    "[]",
                    server.post("/v2/repository/index", "{\"ready\":true}").body());
            assertEquals(404, server.post("/v2/repository/models/n/load", "").statusCode());
            try (var grpc = GrpcClient.of(server.replica.ports().grpc())) {
                var load = Messages.of("RepositoryModelLoadRequest");
                var answer = grpc.call(
                        "RepositoryModelLoad",
                        load.setField(load.getDescriptorForType().findFieldByName("model_name"), "m"));
                assertEquals("model_name: \"m\"\nisLoaded: true\n", answer.toString());
                assertEquals(
                        "models {\n  name: \"m\"\n  version: \"7\"\n  state: \"READY\"\n}\n",
                        grpc.call("RepositoryIndex").toString());
            }
            assertEquals(200, server.infer("m", ONE).statusCode());
        }
    }

    @Test
    void aTokenIsWantedWhereThereIsOne() throws Exception {
        var token = Files.writeString(folder.resolve("token"), "s3cret\n");
        var file = Server.file(MODELS, Server.ALONE, Server.LIMITS, new Access(null, token.toString(), false));
        try (var server = Server.of(file, MODELS, null);
                var grpc = GrpcClient.of(server.replica.ports().grpc())) {
            var refused = server.get("/v2/health/live");
            assertEquals(401, refused.statusCode());
            assertEquals(
                    "Bearer", refused.headers().firstValue("WWW-Authenticate").orElseThrow());
            assertEquals(200, asked(server, "s3cret"));
            assertEquals(401, asked(server, "other"));
            assertEquals(200, server.send(server.management("/readyz")).statusCode());
            assertNotEquals(401, server.get("/").statusCode(), "the page asks people for the token");
            var refusal = assertThrows(StatusRuntimeException.class, () -> grpc.call("ServerLive"));
            assertEquals(Code.UNAUTHENTICATED, refusal.getStatus().getCode());
            var header = new Metadata();
            header.put(Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer s3cret");
            ClientCalls.blockingUnaryCall(
                    ClientInterceptors.intercept(grpc.channel, MetadataUtils.newAttachHeadersInterceptor(header)),
                    GrpcClient.method("ServerLive"),
                    CallOptions.DEFAULT,
                    Messages.of("ServerLiveRequest").build());

            assertEquals(401, authorized(server, "s3cret"), "the scheme is missing");
            assertEquals(401, authorized(server, "Basic s3cret"));
            assertEquals(200, authorized(server, "bearer s3cret"), "a scheme may be written in any case");

            Files.writeString(token, "other\ns3cret\n");
            server.replica.renew();
            assertEquals(200, asked(server, "s3cret"), "both count while clients go over to the new one");
            assertEquals(200, asked(server, "other"));
            assertEquals(401, asked(server, "other\ts3cret"));
            assertEquals(401, asked(server, ""));
            Files.writeString(token, "other");
            server.replica.renew();
            assertEquals(401, asked(server, "s3cret"));
            assertEquals(200, asked(server, "other"));
            Files.writeString(token, "");
            server.replica.renew();
            assertEquals(200, asked(server, "other"), "an empty one changes nothing");
        }
    }

    private static int asked(Server server, String token) {
        return authorized(server, "Bearer " + token);
    }

    private static int authorized(Server server, String header) {
        return server.send(server.rest("/v2/models/m/infer")
                        .header("Authorization", header)
                        .POST(BodyPublishers.ofString(ONE)))
                .statusCode();
    }

    @Test
    void aRenewedCertificateIsTakenWithoutARestart() throws Exception {
        var first = Certificate.make(folder, "first");
        var second = Certificate.make(folder, "second");
        var tls = Files.createDirectory(folder.resolve("tls"));
        first.write(tls);
        var file = Server.file(MODELS, Server.ALONE, Server.LIMITS, new Access(tls.toString(), null, false));
        try (var server = Server.of(file, MODELS, null)) {
            assertEquals("HTTP_2 200", secure(server, first));
            assertThrows(SSLHandshakeException.class, () -> secure(server, second));
            Files.writeString(tls.resolve("tls.crt"), "none");
            server.replica.renew();
            assertEquals("HTTP_2 200", secure(server, first), "a wrong one changes nothing");
            second.write(tls);
            var key = Files.readString(tls.resolve("tls.key"));
            first.write(tls);
            Files.writeString(tls.resolve("tls.key"), key);
            server.replica.renew();
            assertEquals("HTTP_2 200", secure(server, first), "nor does another one's key");
            second.write(tls);
            server.replica.renew();
            assertEquals("HTTP_2 200", secure(server, second));
        }
        Files.writeString(tls.resolve("tls.key"), "none");
        var wrong = assertThrows(Failure.class, () -> Server.of(file, MODELS, null));
        assertTrue(wrong.getMessage().startsWith("access.tls needs tls.crt and tls.key, PEM"), wrong.getMessage());
    }

    /** On a new connection. */
    private static String secure(Server server, Certificate certificate) throws Exception {
        try (var client =
                HttpClient.newBuilder().sslContext(certificate.trusting()).build()) {
            var request = HttpRequest.newBuilder(URI.create(
                            "https://localhost:" + server.replica.ports().rest() + "/v2/models/m/infer"))
                    .timeout(Duration.ofSeconds(20))
                    .POST(BodyPublishers.ofByteArray(ONE.getBytes(UTF_8)))
                    .build();
            var answer = client.send(request, BodyHandlers.discarding());
            return answer.version() + " " + answer.statusCode();
        }
    }
}
