package dev.capstan.worker.route;

import dev.capstan.protocol.Contract;
import dev.capstan.protocol.Endpoints;
import dev.capstan.protocol.Json;
import dev.capstan.protocol.ServiceFile;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/** A router and the replicas behind it, in this JVM, over real sockets. */
final class Site implements AutoCloseable {
    static final String BEARER = "the-operator";

    private final Vertx vertx = Vertx.vertx();
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    final List<FakeReplica> replicas = new ArrayList<>();
    final Router router;
    private long version;

    /** A router that knows {@code count} replicas, all ready. */
    static Site of(int count) throws Exception {
        return of(count, file(1 << 20, 8, 10_000, null, null), 16 << 20);
    }

    static Site of(int count, ServiceFile file, long bufferedBytes) throws Exception {
        var site = new Site(count, file, bufferedBytes);
        site.tell(null);
        site.until(() -> site.router.replicas().readyCount() == count);
        return site;
    }

    /** A router that is told nothing, and a replica of that name. */
    static Site alone(String name) {
        return new Site(1, file(1 << 20, 8, 10_000, null, null, name + ":8082"), 1 << 20);
    }

    private Site(int count, ServiceFile file, long bufferedBytes) {
        var ports = new Ports(0, 0, 0);
        for (int i = 0; i < Math.max(1, count); i++) {
            var replica = new FakeReplica(vertx, "127.0.0." + (11 + i), ports);
            ports = replica.ports();
            replicas.add(replica);
        }
        var tuning = new Tuning(
                2,
                bufferedBytes,
                Duration.ofMillis(200),
                Duration.ofMillis(50),
                Duration.ofSeconds(1),
                Duration.ofMillis(100),
                Duration.ofMillis(300),
                Duration.ofMillis(100));
        router = Router.start(file, () -> BEARER, new Ports(0, 0, 0), ports, tuning);
        if (count == 0) {
            replicas.removeFirst().close();
        }
    }

    static ServiceFile file(long maxRequestBytes, int queue, long timeoutMillis, String tls, String token) {
        return file(maxRequestBytes, queue, timeoutMillis, tls, token, "nobody.invalid:8082");
    }

    private static ServiceFile file(
            long maxRequestBytes, int queue, long timeoutMillis, String tls, String token, String replicas) {
        return new ServiceFile(
                1,
                new ServiceFile.Service("ns", "digits", "uid", 1),
                List.of(),
                new ServiceFile.Batching(1, 0),
                new ServiceFile.Limits(maxRequestBytes, queue, timeoutMillis),
                new ServiceFile.Access(tls, token, false),
                replicas);
    }

    /** Tells the router all replicas. */
    void tell(String waiting) throws Exception {
        var all = replicas.stream()
                .map(replica -> new Endpoints.Replica(replica.address(), 1))
                .toList();
        put(new Endpoints(++version, all, waiting));
    }

    HttpResponse<String> put(Endpoints endpoints) throws Exception {
        return send(HttpRequest.newBuilder(management(Contract.ENDPOINTS_PATH))
                .header("Authorization", "Bearer " + BEARER)
                .PUT(BodyPublishers.ofString(Json.write(endpoints))));
    }

    URI management(String path) {
        return URI.create("http://127.0.0.1:" + router.ports().management() + path);
    }

    HttpRequest.Builder rest(String path) {
        return HttpRequest.newBuilder(
                URI.create("http://127.0.0.1:" + router.ports().rest() + path));
    }

    /** An inference. */
    HttpRequest.Builder infer(String body) {
        return rest("/v2/models/digits/infer").POST(BodyPublishers.ofString(body));
    }

    HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        return http.send(request.timeout(Duration.ofSeconds(20)).build(), BodyHandlers.ofString());
    }

    HttpClient http() {
        return http;
    }

    String metrics() throws Exception {
        return send(HttpRequest.newBuilder(management(Contract.METRICS_PATH))).body();
    }

    /** Waits for something that comes by itself. */
    void until(BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("it didn't come within 20 s");
            }
            Thread.sleep(5);
        }
    }

    @Override
    public void close() {
        http.shutdownNow();
        router.close();
        replicas.forEach(FakeReplica::close);
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }
}
