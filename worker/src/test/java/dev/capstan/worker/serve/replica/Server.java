package dev.capstan.worker.serve.replica;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.ServiceFile;
import dev.capstan.worker.serve.Interpreter;
import dev.capstan.worker.serve.ModelSource;
import dev.capstan.worker.serve.Predictor;
import dev.capstan.worker.serve.ServedModel;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** A replica that runs in this process, and a client of it. */
final class Server implements AutoCloseable {
    static final String BEARER = "b34r3r";
    static final ServiceFile.Access OPEN = new ServiceFile.Access(null, null, false);
    static final ServiceFile.Limits LIMITS = new ServiceFile.Limits(1 << 20, 64, 30_000);
    static final ServiceFile.Batching ALONE = new ServiceFile.Batching(1, 0);

    final Replica replica;
    final Life life;
    final HttpClient client;
    volatile String bearer = BEARER;

    private Server(ServiceFile file, ModelSource source) {
        life = new Life(model -> new Life.Keeping(true, "a copy is kept"), failure -> {});
        replica = Replica.start(file, source, life, new Replica.Ports(0, 0, 0), () -> bearer, "1.2.3", List.of());
        client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(Duration.ofSeconds(20))
                .build();
    }

    static ServiceFile file(
            Map<String, Predictor> models,
            ServiceFile.Batching batching,
            ServiceFile.Limits limits,
            ServiceFile.Access access) {
        return new ServiceFile(
                ServiceFile.VERSION,
                new ServiceFile.Service("demo", "digits", "uid-1", 7),
                new TreeMap<>(models)
                        .keySet().stream()
                                .map(name -> new ServiceFile.Model(
                                        name,
                                        new JobFile.From(
                                                new JobFile.Place("/models", "pvc://models/" + name, null), "sha256:0"),
                                        ServiceFile.Runtime.ONNX,
                                        null,
                                        null,
                                        List.of()))
                                .toList(),
                batching,
                limits,
                access,
                null);
    }

    static Server of(ServiceFile file, ModelSource source) {
        return new Server(file, source);
    }

    /** One that is ready. */
    static Server of(ServiceFile file, Map<String, Predictor> models, Interpreter interpreter) {
        var server = of(
                file,
                model -> new ServedModel(
                        model.name(),
                        "7",
                        "echo",
                        "sha256:0",
                        models.get(model.name()),
                        Optional.ofNullable(interpreter)));
        server.awaitReady();
        return server;
    }

    void awaitReady() {
        for (int look = 0; life.waiting() != null; look++) {
            if (look == 2000) {
                throw new AssertionError(life.serving());
            }
            sleep(5);
        }
    }

    static void sleep(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    HttpRequest.Builder rest(String path) {
        return HttpRequest.newBuilder(
                URI.create("http://localhost:" + replica.ports().rest() + path));
    }

    HttpRequest.Builder management(String path) {
        return HttpRequest.newBuilder(
                URI.create("http://localhost:" + replica.ports().management() + path));
    }

    HttpResponse<String> send(HttpRequest.Builder request) {
        try {
            return client.send(request.timeout(Duration.ofSeconds(30)).build(), BodyHandlers.ofString());
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    HttpResponse<byte[]> sendBytes(HttpRequest.Builder request) {
        try {
            return client.send(request.timeout(Duration.ofSeconds(30)).build(), BodyHandlers.ofByteArray());
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    HttpResponse<String> get(String path) {
        return send(rest(path));
    }

    HttpResponse<String> post(String path, String body) {
        return send(rest(path).POST(BodyPublishers.ofString(body)));
    }

    HttpResponse<String> infer(String model, String json) {
        return post("/v2/models/" + model + "/infer", json);
    }

    /** A body of JSON with tensors behind it. */
    HttpResponse<byte[]> binary(String model, String json, byte[] tensors) {
        var head = json.getBytes(UTF_8);
        var body = new byte[head.length + tensors.length];
        System.arraycopy(head, 0, body, 0, head.length);
        System.arraycopy(tensors, 0, body, head.length, tensors.length);
        return sendBytes(rest("/v2/models/" + model + "/infer")
                .header("Inference-Header-Content-Length", "" + head.length)
                .POST(BodyPublishers.ofByteArray(body)));
    }

    @Override
    public void close() {
        client.close();
        replica.close();
    }
}
