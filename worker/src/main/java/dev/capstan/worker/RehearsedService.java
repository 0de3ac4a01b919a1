package dev.capstan.worker;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.CodedOutputStream;
import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Json;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.protocol.ServiceFile;
import dev.capstan.worker.outcome.Failure;
import dev.capstan.worker.route.Ports;
import dev.capstan.worker.serve.replica.Replica;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.RequestOptions;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A replica of a service in this process, and a router in front of it, asked a few things by REST and gRPC: the part of
 * a rehearsal that serves.
 */
final class RehearsedService {
    /** The model's name. */
    static final String NAME = "rehearsal";

    private static final int TIMES = 50;
    private static final long PATIENCE_SECONDS = 60;
    private static final String ROW = "1,0";

    private final Replica.Ports ports;
    private final HttpClient http1;
    private final HttpClient http2;

    private RehearsedService(Vertx vertx, Replica.Ports ports) {
        this.ports = ports;
        http1 = vertx.createHttpClient();
        http2 = vertx.createHttpClient(
                new HttpClientOptions().setProtocolVersion(HttpVersion.HTTP_2).setHttp2ClearTextUpgrade(false));
    }

    /**
     * Serves the model, which was trained on rows of two numbers; leaves the service file behind.
     *
     * @param folder for what a replica needs
     * @param out the model's folder
     * @param digest the model's
     * @throws Failure WorkerError if it doesn't answer
     */
    static void run(Path folder, Path out, String digest, Map<String, String> environment) throws IOException {
        var path = folder.resolve("service.json");
        Files.writeString(path, Json.write(file(out, digest, null)));
        var variables = new HashMap<>(environment);
        variables.put("CAPSTAN_SERVICE_FILE", path.toString());
        variables.put("CAPSTAN_TOKEN_FILE", folder.resolve("token").toString());
        variables.put("CAPSTAN_GRACE_SECONDS", "1");
        var role = ServeRole.start(variables, new Replica.Ports(0, 0, 0));
        var vertx = Vertx.vertx();
        try {
            var service = new RehearsedService(vertx, role.ports());
            service.awaitReady();
            service.ask(role.ports().rest(), role.ports().grpc());
            service.askThroughRouter(out, digest, variables);
        } finally {
            vertx.close();
            role.drain();
        }
    }

    private void askThroughRouter(Path out, String digest, Map<String, String> variables) throws IOException {
        var path = Path.of(variables.get("CAPSTAN_SERVICE_FILE"));
        Files.writeString(path, Json.write(file(out, digest, "localhost:" + ports.management())));
        var router = RouteRole.start(
                variables, new Ports(0, 0, 0), new Ports(ports.rest(), ports.grpc(), ports.management()));
        try {
            ask(router.ports().rest(), router.ports().grpc());
        } finally {
            router.drain();
        }
    }

    private static ServiceFile file(Path out, String digest, String replicas) {
        return new ServiceFile(
                ServiceFile.VERSION,
                new ServiceFile.Service("capstan", NAME, NAME, 1),
                List.of(new ServiceFile.Model(
                        NAME,
                        new JobFile.From(new JobFile.Place(out.toString(), out.toString(), null), digest),
                        ServiceFile.Runtime.ONNX,
                        null,
                        null,
                        List.of())),
                new ServiceFile.Batching(8, 1000),
                new ServiceFile.Limits(1 << 20, 64, 30_000),
                new ServiceFile.Access(null, null, false),
                replicas);
    }

    private void awaitReady() {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!get(ports.management(), "/readyz").endsWith("ready\n")) {
            if (System.nanoTime() > end) {
                throw failure(get(ports.management(), "/readyz"), null);
            }
            pause();
        }
    }

    private void ask(int rest, int grpc) {
        var model = "/v2/models/" + NAME;
        // Such as {"name":"rehearsal",…,"inputs":[{"name":"layer0","datatype":"FP32","shape":[-1,2]}],…
        var inputs = get(rest, model).replaceAll("(?s).*\"inputs\":\\[\\{\"name\":\"([^\"]*)\".*", "$1");
        var tensors = Buffer.buffer("{\"inputs\":[{\"name\":\"" + inputs
                + "\",\"datatype\":\"FP32\",\"shape\":[1,2],\"data\":[1.5,0.25]}]}");
        for (int time = 0; time < TIMES; time++) {
            good(exchange(http1, rest, HttpMethod.POST, model + "/infer", tensors, "application/json"));
            good(exchange(http1, rest, HttpMethod.POST, model + "/classify", Buffer.buffer(ROW), "text/csv"));
            var answer = exchange(
                    http2,
                    grpc,
                    HttpMethod.POST,
                    "/inference.GRPCInferenceService/ModelInfer",
                    message(),
                    "application/grpc");
            good(answer);
        }
        get(ports.management(), "/metrics");
    }

    /** What the model says of a row, as gRPC asks it. */
    private static Buffer message() {
        try {
            var input = new ByteArrayOutputStream();
            var out = CodedOutputStream.newInstance(input);
            out.writeString(1, "sample");
            out.writeString(2, "BYTES");
            out.writeInt64(3, 1);
            var contents = new ByteArrayOutputStream();
            var elements = CodedOutputStream.newInstance(contents);
            elements.writeByteArray(8, ROW.getBytes(UTF_8));
            elements.flush();
            out.writeByteArray(5, contents.toByteArray());
            out.flush();
            var request = new ByteArrayOutputStream();
            var fields = CodedOutputStream.newInstance(request);
            fields.writeString(1, NAME);
            fields.writeByteArray(5, input.toByteArray());
            fields.flush();
            return Buffer.buffer()
                    .appendByte((byte) 0)
                    .appendInt(request.size())
                    .appendBytes(request.toByteArray());
        } catch (IOException e) {
            throw failure(e.toString(), e);
        }
    }

    private String get(int port, String path) {
        return exchange(http1, port, HttpMethod.GET, path, Buffer.buffer(), "").text;
    }

    private record Answer(int status, String grpcStatus, String text) {}

    private static void good(Answer answer) {
        if (answer.status != 200 || answer.grpcStatus != null && !answer.grpcStatus.equals("0")) {
            throw failure(answer.toString(), null);
        }
    }

    private static Answer exchange(
            HttpClient client, int port, HttpMethod method, String path, Buffer body, String type) {
        var options = new RequestOptions()
                .setHost("localhost")
                .setPort(port)
                .setURI(path)
                .setMethod(method)
                .putHeader("Content-Type", type);
        try {
            return client.request(options)
                    .compose((HttpClientRequest request) -> request.send(body))
                    .compose(response -> response.body().map(whole -> {
                        var early = response.getHeader("grpc-status");
                        return new Answer(
                                response.statusCode(),
                                early == null ? response.getTrailer("grpc-status") : early,
                                whole.toString());
                    }))
                    .toCompletionStage()
                    .toCompletableFuture()
                    .get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw failure(e.toString(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw failure("interrupted", e);
        }
    }

    private static void pause() {
        try {
            Thread.sleep(20);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw failure("interrupted", e);
        }
    }

    private static Failure failure(String problem, Throwable cause) {
        return new Failure(Reason.WorkerError, "the rehearsed service doesn't answer: " + problem, cause);
    }
}
