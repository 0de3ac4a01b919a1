package dev.capstan.worker.serve.replica;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import dev.capstan.worker.serve.DataType;
import dev.capstan.worker.serve.Echo;
import dev.capstan.worker.serve.Predictor;
import io.grpc.CallOptions;
import io.grpc.MethodDescriptor;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Bodies that were right before something was changed in them: each gets an answer, and none harms the server. */
class MalformedTest {
    private static final int TIMES = 250 * Integer.getInteger("fuzz.times", 1);
    private static final Map<String, Predictor> MODELS =
            Map.of("f", Echo.of(DataType.FP32), "b", Echo.of(DataType.BYTES));

    private static Server server;

    @BeforeAll
    static void start() {
        server = Server.of(Server.file(MODELS, Server.ALONE, Server.LIMITS, Server.OPEN), MODELS, null);
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    /** One to four changes: a byte, a cut, a part twice. */
    private static byte[] changed(byte[] right, Random random) {
        var bytes = right;
        for (int change = random.nextInt(4); change >= 0 && bytes.length > 0; change--) {
            int at = random.nextInt(bytes.length);
            switch (random.nextInt(4)) {
                case 0 -> bytes = Arrays.copyOf(bytes, at);
                case 1 -> {
                    var longer = Arrays.copyOf(bytes, bytes.length + bytes.length - at);
                    System.arraycopy(bytes, at, longer, bytes.length, bytes.length - at);
                    bytes = longer;
                }
                default -> {
                    bytes = bytes.clone();
                    bytes[at] = random.nextBoolean()
                            ? (byte) "{}[]\",:-0123456789eE.tfn".charAt(random.nextInt(24))
                            : (byte) random.nextInt();
                }
            }
        }
        return bytes;
    }

    private static void standsAsBefore() {
        var right =
                server.infer("f", "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[1,1],\"data\":[1]}]}");
        assertEquals(200, right.statusCode(), right.body());
        var metrics = server.send(server.management("/metrics")).body();
        assertTrue(metrics.contains("capstan_serving_requests_in_flight 0.0"), metrics);
    }

    @Test
    void byRest() {
        var random = new Random(15);
        var json =
                ("{\"id\":\"1\",\"parameters\":{\"a\":1.5,\"timeout\":100000000},\"inputs\":[{\"name\":\"x\",\"shape\":[2,2],"
                                + "\"datatype\":\"FP32\",\"data\":[[1,-2.5e3],[\"NaN\",4]]}],\"outputs\":[{\"name\":\"y\","
                                + "\"parameters\":{\"binary_data\":true}}]}")
                        .getBytes(UTF_8);
        var binary = ("{\"inputs\":[{\"name\":\"x\",\"shape\":[1,2],\"datatype\":\"BYTES\",\"parameters\":"
                        + "{\"binary_data_size\":11}}]}\3\0\0\0abc\0\0\0\0")
                .getBytes(UTF_8);
        for (int time = 0; time < TIMES; time++) {
            boolean tensors = random.nextBoolean();
            var body = changed(tensors ? binary : json, random);
            var request = server.rest("/v2/models/" + (tensors ? "b" : "f") + "/infer")
                    .POST(BodyPublishers.ofByteArray(body));
            if (tensors) {
                request.header("Inference-Header-Content-Length", "" + (binary.length - 11));
            }
            var answer = server.send(request);
            assertTrue(
                    Set.of(200, 400, 504).contains(answer.statusCode()),
                    answer.statusCode() + " " + answer.body() + " for " + new String(body, UTF_8));
        }
        standsAsBefore();
    }

    private static final class Bytes implements MethodDescriptor.Marshaller<byte[]> {
        @Override
        public InputStream stream(byte[] value) {
            return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
            try {
                return stream.readAllBytes();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    @Test
    void byGrpc() {
        var random = new Random(16);
        var message = GrpcTest.request(DataType.FP32);
        var type = message.getDescriptorForType();
        message.setField(type.findFieldByName("model_name"), "f")
                .addRepeatedField(
                        type.findFieldByName("inputs"),
                        GrpcTest.input(DataType.FP32, List.of(1L, 2L)).build())
                .addRepeatedField(type.findFieldByName("raw_input_contents"), ByteString.copyFrom(new byte[8]));
        var right = message.build().toByteArray();
        var method = MethodDescriptor.<byte[], byte[]>newBuilder(new Bytes(), new Bytes())
                .setType(MethodDescriptor.MethodType.UNARY)
                .setFullMethodName("inference.GRPCInferenceService/ModelInfer")
                .build();
        try (var client = GrpcClient.of(server.replica.ports().grpc())) {
            for (int time = 0; time < TIMES; time++) {
                var body = changed(right, random);
                try {
                    ClientCalls.blockingUnaryCall(client.channel, method, CallOptions.DEFAULT, body);
                } catch (StatusRuntimeException e) {
                    assertTrue(
                            Set.of(Code.INVALID_ARGUMENT, Code.NOT_FOUND)
                                    .contains(e.getStatus().getCode()),
                            e + " for " + Arrays.toString(body));
                }
            }
        }
        standsAsBefore();
    }

    @Test
    void byWhatIsNoHttp() throws Exception {
        var requests = List.of(
                "GET /v2/models/%zz/infer HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
                "POST /v2/models/f/infer HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n",
                "POST /v2/models/f/infer HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
                "POST /v2/models/f/infer HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
                "GET /" + "x".repeat(10_000) + " HTTP/1.1\r\nHost: x\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: x\r\nA: " + "x".repeat(50_000) + "\r\n\r\n",
                "GET / HTTP/7.7\r\n\r\n",
                "hello\r\n\r\n");
        for (var each : requests) {
            try (var socket = new Socket("localhost", server.replica.ports().rest())) {
                socket.setSoTimeout(20_000);
                socket.getOutputStream().write(each.getBytes(UTF_8));
                var answer = new String(socket.getInputStream().readAllBytes(), UTF_8);
                assertTrue(answer.isEmpty() || answer.matches("(?s)HTTP/[0-9.]+ (4|501).*"), answer + " for " + each);
            }
        }
        standsAsBefore();
    }
}
