package dev.capstan.worker.serve.replica;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import com.google.protobuf.DynamicMessage;
import dev.capstan.protocol.ServiceFile;
import dev.capstan.worker.serve.DataType;
import dev.capstan.worker.serve.Echo;
import dev.capstan.worker.serve.Predictor;
import io.grpc.CallOptions;
import io.grpc.ClientInterceptors;
import io.grpc.Metadata;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import java.io.IOException;
import java.net.Socket;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What is too much, too slow or too late. */
class LimitsTest {
    private static final int MOST_BYTES = 100_000;
    private static final int QUEUE = 3;
    private static final int TIMEOUT_MILLIS = 3000;
    private static final int SLOW_MILLIS = 400;
    private static final String ONE =
            "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[1,1],\"data\":[1]}]";

    private static final Echo SLOW = Echo.slow(SLOW_MILLIS);
    private static final int THREADS = Runtime.getRuntime().availableProcessors();
    private static Server server;

    @BeforeAll
    static void start() {
        // Quick, but not so that the thread that reads requests computes it: that couldn't see deadlines meanwhile.
        var models = Map.<String, Predictor>of("quick", Echo.slow(2), "slow", SLOW);
        server = Server.of(
                Server.file(
                        models, Server.ALONE, new ServiceFile.Limits(MOST_BYTES, QUEUE, TIMEOUT_MILLIS), Server.OPEN),
                models,
                null);
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static Socket connected(String... lines) throws IOException {
        var socket = new Socket("localhost", server.replica.ports().rest());
        socket.setSoTimeout(20_000);
        socket.getOutputStream().write((String.join("\r\n", lines) + "\r\n\r\n").getBytes(UTF_8));
        return socket;
    }

    private static String all(Socket socket) throws IOException {
        return new String(socket.getInputStream().readAllBytes(), UTF_8);
    }

    @Test
    void aBodyThatIsTooLargeIsRefusedBeforeItComes() throws Exception {
        try (var socket = connected(
                "POST /v2/models/quick/infer HTTP/1.1",
                "Host: x",
                "Content-Length: 2000000000",
                "Expect: 100-continue")) {
            var answer = all(socket);
            assertTrue(answer.startsWith("HTTP/1.1 413 "), answer);
            assertTrue(
                    answer.endsWith("{\"error\":\"the request has 2000000000 bytes or more; the most is 100000"
                            + " (limits.maxRequestBytes)\"}"),
                    answer);
        }
        // One that doesn't say how long it is, and goes on.
        try (var socket = connected("POST /v2/models/quick/infer HTTP/1.1", "Host: x", "Transfer-Encoding: chunked")) {
            var chunk = "8000\r\n" + "x".repeat(0x8000) + "\r\n";
            for (int each = 0; each < 5; each++) {
                socket.getOutputStream().write(chunk.getBytes(UTF_8));
            }
            var answer = all(socket);
            assertTrue(answer.startsWith("HTTP/1.1 413 "), answer);
        }
    }

    /** Tokens that name all groups of a person are as long. */
    @Test
    void headersMayBeLarge() throws Exception {
        var large = "X-Large: " + "a".repeat(39_000);
        for (var line : new String[] {"GET /v2/health/ready HTTP/1.1", "GET /v2/models/quick HTTP/1.1"}) {
            try (var socket = connected(line, "Host: x", large)) {
                var first = new byte[15];
                assertEquals(first.length, socket.getInputStream().readNBytes(first, 0, first.length));
                assertEquals("HTTP/1.1 200 OK", new String(first, UTF_8));
            }
        }
        try (var grpc = GrpcClient.of(server.replica.ports().grpc())) {
            var headers = new Metadata();
            headers.put(Metadata.Key.of("x-large", Metadata.ASCII_STRING_MARSHALLER), "a".repeat(39_000));
            ClientCalls.blockingUnaryCall(
                    ClientInterceptors.intercept(grpc.channel, MetadataUtils.newAttachHeadersInterceptor(headers)),
                    GrpcClient.method("ServerLive"),
                    CallOptions.DEFAULT.withDeadlineAfter(60, TimeUnit.SECONDS),
                    Messages.of("ServerLiveRequest").build());
        }
    }

    @Test
    void aBodyWithoutAnEndIsCutSoonAfterItsAnswer() throws Exception {
        try (var socket = connected("POST /v2/models/quick/infer HTTP/1.1", "Host: x", "Transfer-Encoding: chunked")) {
            var chunk = ("8000\r\n" + "x".repeat(0x8000) + "\r\n").getBytes(UTF_8);
            long began = System.nanoTime();
            assertThrows(IOException.class, () -> {
                while (System.nanoTime() - began < 20_000_000_000L) {
                    socket.getOutputStream().write(chunk);
                    Server.sleep(5);
                }
            });
        }
        var vertx = Vertx.vertx();
        var client = vertx.createHttpClient(
                new HttpClientOptions().setProtocolVersion(HttpVersion.HTTP_2).setHttp2ClearTextUpgrade(false));
        try {
            var cut = new CompletableFuture<Throwable>();
            client.request(
                            HttpMethod.POST,
                            server.replica.ports().grpc(),
                            "localhost",
                            "/inference.GRPCInferenceService/ModelInfer")
                    .onSuccess(request -> {
                        request.putHeader("content-type", "application/grpc").setChunked(true);
                        request.exceptionHandler(cut::complete);
                        request.response().onSuccess(answer -> answer.exceptionHandler(cut::complete));
                        vertx.setPeriodic(
                                5,
                                tick -> request.write(Buffer.buffer(new byte[0x8000]))
                                        .onFailure(cut::complete));
                    });
            assertTrue(cut.get(20, TimeUnit.SECONDS) != null);
        } finally {
            vertx.close();
        }
    }

    @Test
    void whoSendsTooSlowlyIsCutOff() throws Exception {
        try (var socket = connected(
                "POST /v2/models/quick/infer HTTP/1.1", "Host: x", "Content-Length: 1000", "Request-Timeout: 0.3")) {
            socket.getOutputStream().write("{".getBytes(UTF_8));
            var answer = all(socket);
            assertTrue(answer.startsWith("HTTP/1.1 504 "), answer);
            assertTrue(answer.contains("no answer within 300 ms"), answer);
        }
    }

    @Test
    void deadlinesAreKept() throws Exception {
        var sleep = ONE.replace("[1]}", "[17]}");
        long began = System.nanoTime();
        var header = server.send(server.rest("/v2/models/quick/infer")
                .header("Request-Timeout", "0.05")
                .POST(BodyPublishers.ofString(sleep + "}")));
        assertEquals(504, header.statusCode(), header.body());
        var parameter = server.infer("quick", sleep + ",\"parameters\":{\"timeout\":50000}}");
        assertEquals(504, parameter.statusCode(), parameter.body());
        try (var client = GrpcClient.of(server.replica.ports().grpc())) {
            var refusal = assertThrows(
                    StatusRuntimeException.class,
                    () -> client.with(CallOptions.DEFAULT.withDeadlineAfter(50, TimeUnit.MILLISECONDS))
                            .call("ModelInfer", grpc("quick")));
            assertEquals(Code.DEADLINE_EXCEEDED, refusal.getStatus().getCode());
        }
        assertTrue(
                System.nanoTime() - began < Echo.SLEEP_SECONDS * 1_000_000_000,
                "answered before what is computed is there");
        var wrong = server.send(server.rest("/v2/models/quick/infer")
                .header("Request-Timeout", "soon")
                .POST(BodyPublishers.ofString(ONE + "}")));
        assertEquals(400, wrong.statusCode());
    }

    private static DynamicMessage.Builder grpc(String model) {
        var request = GrpcTest.request(DataType.FP32);
        var type = request.getDescriptorForType();
        return request.setField(type.findFieldByName("model_name"), model)
                .addRepeatedField(
                        type.findFieldByName("inputs"),
                        GrpcTest.input(DataType.FP32, List.of(1L, 1L)).build())
                .addRepeatedField(type.findFieldByName("raw_input_contents"), ByteString.copyFrom(new byte[4]));
    }

    /** Until nothing is computed any more. */
    private static void idle() {
        assertEquals(200, server.infer("slow", ONE + "}").statusCode());
    }

    @Test
    void whoComesWhenTooManyWaitIsToldToComeAgain() throws Exception {
        idle();
        var answers = new ArrayList<CompletableFuture<HttpResponse<String>>>();
        for (int each = 0; each < THREADS + QUEUE + 2; each++) {
            answers.add(server.client.sendAsync(
                    server.rest("/v2/models/slow/infer")
                            .POST(BodyPublishers.ofString(ONE + "}"))
                            .build(),
                    BodyHandlers.ofString()));
        }
        int refused = 0;
        for (var each : answers) {
            var answer = each.get(20, TimeUnit.SECONDS);
            if (answer.statusCode() == 429) {
                refused++;
                assertEquals("1", answer.headers().firstValue("Retry-After").orElseThrow());
                assertEquals(
                        "{\"error\":\"3 requests wait already, the most that may (limits.queue)\"}", answer.body());
            } else {
                assertEquals(200, answer.statusCode());
            }
        }
        assertTrue(refused >= 1, "none was refused");
        idle();
    }

    @Test
    void whatItsClientHasLeftIsNotComputed() throws Exception {
        idle();
        int before = SLOW.runs().get();
        var sockets = new ArrayList<Socket>();
        var body = ONE + "}";
        for (int each = 0; each < THREADS + 2; each++) {
            var socket =
                    connected("POST /v2/models/slow/infer HTTP/1.1", "Host: x", "Content-Length: " + body.length());
            socket.getOutputStream().write(body.getBytes(UTF_8));
            sockets.add(socket);
        }
        Server.sleep(SLOW_MILLIS / 2);
        for (var each : sockets) {
            each.close();
        }
        idle();
        assertEquals(before + THREADS + 1, SLOW.runs().get(), "of those that waited, none");
        var metrics = server.send(server.management("/metrics")).body();
        assertTrue(metrics.contains("code=\"gone\",model=\"slow\",protocol=\"rest\""), metrics);
        assertTrue(metrics.contains("capstan_serving_requests_in_flight 0.0"), metrics);
    }
}
