package dev.capstan.controllers.kube;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import dev.capstan.controllers.testing.Jobs;
import dev.capstan.crds.testing.ApiServer;
import dev.capstan.crds.training.TrainingJob;
import dev.capstan.protocol.Contract;
import dev.capstan.protocol.Endpoints;
import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.JobKeys;
import dev.capstan.protocol.Json;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The test plays the routers; the writer doesn't ask of what kind the service is. */
class EndpointWriterTest {
    private static final List<Endpoints.Replica> REPLICAS = List.of(new Endpoints.Replica("10.0.0.7", 1));

    private static ApiServer api;

    private final List<FakeRouter> routers = new ArrayList<>();
    private WorkerHttp http;
    private EndpointWriter writer;
    private TrainingJob service;
    private String bearer;

    /** As {@code EndpointsHandler} of the worker. */
    private static final class FakeRouter {
        final BlockingQueue<Endpoints> taken = new LinkedBlockingQueue<>();
        final BlockingQueue<String> wrong = new LinkedBlockingQueue<>();
        final HttpServer server;
        volatile long version = Long.MIN_VALUE;
        volatile boolean hangs;
        volatile boolean hung;

        FakeRouter(String address, int port, String bearer) throws IOException {
            server = HttpServer.create(new InetSocketAddress(address, port), 0);
            server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
            server.createContext(Contract.ENDPOINTS_PATH, exchange -> {
                var body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
                if (hangs) {
                    hung = true;
                    return;
                }
                if (!exchange.getRequestMethod().equals("PUT")
                        || !("Bearer " + bearer)
                                .equals(exchange.getRequestHeaders().getFirst("Authorization"))) {
                    wrong.add(exchange.getRequestMethod() + " " + exchange.getRequestHeaders());
                }
                var endpoints = Json.read(body, Endpoints.class);
                boolean late = endpoints.version() < version;
                if (!late) {
                    version = endpoints.version();
                    taken.add(endpoints);
                }
                var answer = Json.write(new Endpoints.Known(version)).getBytes(StandardCharsets.UTF_8);
                exchange.sendResponseHeaders(late ? 409 : 200, answer.length);
                exchange.getResponseBody().write(answer);
                exchange.close();
            });
            server.start();
        }

        Endpoints next() throws InterruptedException {
            return taken.poll(20, TimeUnit.SECONDS);
        }
    }

    @BeforeAll
    static void startApi() {
        api = ApiServer.shared();
    }

    @BeforeEach
    void startRouters() throws IOException {
        var namespace = api.newNamespace("endpoints");
        service = Jobs.mnist(namespace, "digits", 1);
        service.getMetadata().setUid("uid-" + namespace);
        api.client()
                .resource(new SecretBuilder()
                        .withNewMetadata()
                        .withNamespace(namespace)
                        .withName("digits-keys")
                        .endMetadata()
                        .withStringData(Map.of("token", "open-sesame"))
                        .build())
                .create();
        bearer = JobKeys.bearer(
                JobFile.VERSION,
                "open-sesame".getBytes(StandardCharsets.US_ASCII),
                service.getMetadata().getUid(),
                1);
        int port = router("127.0.0.1", 0);
        router("127.0.0.2", port);
        http = new WorkerHttp(api.client(), port);
        writer = new EndpointWriter(http, Duration.ofMillis(20), Duration.ofMillis(400));
    }

    private int router(String address, int port) throws IOException {
        var router = new FakeRouter(address, port, bearer);
        routers.add(router);
        return router.server.getAddress().getPort();
    }

    @AfterEach
    void stop() {
        writer.close();
        http.close();
        routers.forEach(router -> router.server.stop(0));
        routers.forEach(router -> assertEquals(List.of(), List.copyOf(router.wrong)));
    }

    private void tell(long version, String... podIps) {
        writer.tell(service, "digits-keys", List.of(podIps), new Endpoints(version, REPLICAS, "v" + version));
    }

    private boolean known(long version) {
        return writer.known(service.getMetadata().getUid(), version);
    }

    private static void until(BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() < deadline, "it didn't come within 20 s");
            Thread.sleep(5);
        }
    }

    @Test
    void everyRouterIsToldUntilItKnowsAndOneThatHangsDelaysNoOther() throws Exception {
        routers.getLast().hangs = true;
        tell(1, "127.0.0.1", "127.0.0.2");
        assertEquals(new Endpoints(1, REPLICAS, "v1"), routers.getFirst().next());
        until(() -> routers.getLast().hung);
        tell(2, "127.0.0.1", "127.0.0.2");
        assertEquals(2, routers.getFirst().next().version(), "at once, not when it is told again anyway");
        assertFalse(known(2));
        routers.getLast().hangs = false;
        assertEquals(2, routers.getLast().next().version(), "what was of before isn't told any more");
        until(() -> known(2));
        assertFalse(known(3));

        // After a restart of its container it knows nothing.
        routers.getFirst().taken.clear();
        assertEquals(2, routers.getFirst().next().version());
    }

    @Test
    void whoLeadsNowHasTheLastWord() throws Exception {
        routers.getFirst().version = 1000;
        tell(7, "127.0.0.1");
        assertEquals(new Endpoints(1001, REPLICAS, "v7"), routers.getFirst().next());
        tell(8, "127.0.0.1");
        assertEquals(new Endpoints(1002, REPLICAS, "v8"), routers.getFirst().next());
        until(() -> known(8));
    }

    @Test
    void whoIsNoRouterAnyMoreIsToldNothing() throws Exception {
        tell(1, "127.0.0.1", "127.0.0.2");
        assertEquals(1, routers.getFirst().next().version());
        assertEquals(1, routers.getLast().next().version());
        tell(1, "127.0.0.1");
        writer.forget("another");
        Thread.sleep(100);
        routers.getLast().taken.clear();
        assertNull(routers.getLast().taken.poll(600, TimeUnit.MILLISECONDS));
        writer.forget(service.getMetadata().getUid());
        Thread.sleep(100);
        routers.getFirst().taken.clear();
        writer.tellOnly(uid -> false);
        tell(2, "127.0.0.1");
        assertNull(
                routers.getFirst().taken.poll(600, TimeUnit.MILLISECONDS), "of a service that is gone nobody is told");
    }
}
