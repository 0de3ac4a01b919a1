package dev.capstan.e2e;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.PemTrustOptions;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Asks a pod of a service by the Open Inference Protocol v2: rows of floats in, rows of floats out. The messages are
 * spelled out here, for a client that shares its code with the server would share its mistakes.
 */
final class Inference {
    private static final int REST = 8080;
    private static final int GRPC = 8081;

    private Inference() {}

    /** Asks by REST, through the node of the pod. */
    static float[][] rest(Cluster cluster, Pod pod, String model, float[][] rows) {
        var answer = overHttp(
                cluster,
                pod,
                REST,
                HttpVersion.HTTP_1_1,
                client -> exchange(
                        client,
                        "/v2/models/" + model + "/infer",
                        Map.of("Content-Type", "application/json"),
                        Buffer.buffer(json(rows))));
        if (answer.status() != 200) {
            throw new AssertionError(answer.status() + ": " + answer.body());
        }
        Map<?, ?> body = Serialization.unmarshal(answer.body().toString(), Map.class);
        var output = (Map<?, ?>) ((List<?>) body.get("outputs")).getFirst();
        var numbers = (List<?>) output.get("data");
        var flat = new float[numbers.size()];
        for (int i = 0; i < flat.length; i++) {
            flat[i] = ((Number) numbers.get(i)).floatValue();
        }
        return split(flat, rows.length);
    }

    /** The body of a request by REST. */
    static String json(float[][] rows) {
        return "{\"inputs\": [{\"name\": \"input\", \"datatype\": \"FP32\", \"shape\": [%d, %d], \"data\": %s}]}"
                .formatted(rows.length, rows[0].length, Arrays.deepToString(rows));
    }

    /** Asks by gRPC, through the node of the pod. */
    static float[][] grpc(Cluster cluster, Pod pod, String model, float[][] rows) {
        var message = request(model, rows);
        var frame =
                Buffer.buffer().appendByte((byte) 0).appendInt(message.length).appendBytes(message);
        var answer = overHttp(
                cluster,
                pod,
                GRPC,
                HttpVersion.HTTP_2,
                client -> exchange(
                        client,
                        "/inference.GRPCInferenceService/ModelInfer",
                        Map.of("content-type", "application/grpc", "te", "trailers"),
                        frame));
        if (!"0".equals(answer.grpcStatus())) {
            throw new AssertionError("grpc-status " + answer.grpcStatus() + " " + answer.grpcMessage());
        }
        var response = ByteBuffer.wrap(answer.body().getBytes(5, answer.body().length()));
        // ModelInferResponse: raw_output_contents is field 6.
        return split(floats(field(response, 6)), rows.length);
    }

    /**
     * The status of an answer by REST and TLS.
     *
     * @param certificate of the server, PEM
     * @param token of the client; null for none
     */
    static int byTls(Cluster cluster, Pod pod, String model, float[][] rows, String certificate, String token) {
        var headers = new HashMap<>(Map.of("Content-Type", "application/json"));
        if (token != null) {
            headers.put("Authorization", "Bearer " + token);
        }
        var options = new HttpClientOptions()
                .setSsl(true)
                .setTrustOptions(new PemTrustOptions().addCertValue(Buffer.buffer(certificate)))
                .setDefaultHost("localhost");
        return overHttp(
                        cluster,
                        pod,
                        REST,
                        options,
                        client ->
                                exchange(client, "/v2/models/" + model + "/infer", headers, Buffer.buffer(json(rows))))
                .status();
    }

    private record Answer(int status, Buffer body, String grpcStatus, String grpcMessage) {}

    private interface Exchange {
        CompletableFuture<Answer> with(HttpClient client);
    }

    private static Answer overHttp(Cluster cluster, Pod pod, int port, HttpVersion version, Exchange exchange) {
        var options = new HttpClientOptions()
                .setProtocolVersion(version)
                .setHttp2ClearTextUpgrade(false)
                .setDefaultHost("127.0.0.1");
        return overHttp(cluster, pod, port, options, exchange);
    }

    private static Answer overHttp(Cluster cluster, Pod pod, int port, HttpClientOptions options, Exchange exchange) {
        var vertx = Vertx.vertx();
        try (var forward = cluster.client().pods().resource(pod).portForward(port)) {
            var client = vertx.createHttpClient(options.setDefaultPort(forward.getLocalPort()));
            return exchange.with(client).get(30, TimeUnit.SECONDS);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (Exception e) {
            throw new AssertionError("no answer from " + pod.getMetadata().getName(), e);
        } finally {
            vertx.close();
        }
    }

    private static CompletableFuture<Answer> exchange(
            HttpClient client, String path, Map<String, String> headers, Buffer body) {
        return client.request(HttpMethod.POST, path)
                .compose((HttpClientRequest request) -> {
                    headers.forEach(request::putHeader);
                    return request.send(body);
                })
                .compose((HttpClientResponse response) -> response.body()
                        .map(whole -> new Answer(
                                response.statusCode(),
                                whole,
                                trailer(response, "grpc-status"),
                                trailer(response, "grpc-message"))))
                .toCompletionStage()
                .toCompletableFuture();
    }

    /** What fails before its first message has its status in the headers. */
    private static String trailer(HttpClientResponse response, String name) {
        var trailer = response.getTrailer(name);
        return trailer == null ? response.getHeader(name) : trailer;
    }

    /** ModelInferRequest: model_name 1, inputs 5 (name 1, datatype 2, shape 3), raw_input_contents 7. */
    private static byte[] request(String model, float[][] rows) {
        var shape = new ByteArrayOutputStream();
        varint(shape, rows.length);
        varint(shape, rows[0].length);
        var input = new ByteArrayOutputStream();
        bytes(input, 1, "input".getBytes(StandardCharsets.UTF_8));
        bytes(input, 2, "FP32".getBytes(StandardCharsets.UTF_8));
        bytes(input, 3, shape.toByteArray());
        var raw = ByteBuffer.allocate(4 * rows.length * rows[0].length).order(ByteOrder.LITTLE_ENDIAN);
        for (var row : rows) {
            for (float number : row) {
                raw.putFloat(number);
            }
        }
        var message = new ByteArrayOutputStream();
        bytes(message, 1, model.getBytes(StandardCharsets.UTF_8));
        bytes(message, 5, input.toByteArray());
        bytes(message, 7, raw.array());
        return message.toByteArray();
    }

    private static void bytes(ByteArrayOutputStream out, int field, byte[] value) {
        varint(out, field << 3 | 2);
        varint(out, value.length);
        out.writeBytes(value);
    }

    private static void varint(ByteArrayOutputStream out, int value) {
        while (value >= 128) {
            out.write(value & 127 | 128);
            value >>>= 7;
        }
        out.write(value);
    }

    private static int varint(ByteBuffer in) {
        int value = 0;
        for (int shift = 0; ; shift += 7) {
            int next = in.get();
            value |= (next & 127) << shift;
            if (next >= 0) {
                return value;
            }
        }
    }

    /** The first value of a field that has a length; all fields of the response's top level have one. */
    private static ByteBuffer field(ByteBuffer message, int wanted) {
        while (message.hasRemaining()) {
            int tag = varint(message);
            int length = varint(message);
            var value = message.slice(message.position(), length);
            if (tag >>> 3 == wanted) {
                return value;
            }
            message.position(message.position() + length);
        }
        throw new AssertionError("the response has no field " + wanted);
    }

    private static float[] floats(ByteBuffer raw) {
        var numbers = new float[raw.remaining() / 4];
        raw.order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(numbers);
        return numbers;
    }

    private static float[][] split(float[] flat, int rows) {
        int width = flat.length / rows;
        var split = new float[rows][];
        for (int row = 0; row < rows; row++) {
            split[row] = Arrays.copyOfRange(flat, row * width, (row + 1) * width);
        }
        return split;
    }
}
