package dev.capstan.worker.route;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.net.http.HttpRequest;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** gRPC on its way, by grpc-java. */
class GrpcTest {
    @Test
    void messagesStatusesAndMetadataArePassedOn() throws Exception {
        try (var site = Site.of(1);
                var grpc = new GrpcClient(site.router.ports().grpc())) {
            var large = new byte[900_000];
            large[899_999] = 7;
            assertEquals(7, grpc.call("ModelInfer", large, 10_000)[899_999]);

            var seen = new AtomicReference<FakeReplica.Asked>();
            site.replicas.getFirst().behaviour = asked -> {
                seen.set(asked);
                asked.request()
                        .response()
                        .putHeader("content-type", "application/grpc")
                        .putHeader("grpc-status", "3")
                        .putHeader("grpc-message", "input 0 has 3 elements%2C 784 are wanted")
                        .putHeader("x-own", "1")
                        .end();
            };
            var wrong = assertThrows(StatusRuntimeException.class, () -> grpc.call("ModelInfer", new byte[1], 10_000));
            assertEquals(Status.Code.INVALID_ARGUMENT, wrong.getStatus().getCode());
            assertEquals(
                    "input 0 has 3 elements, 784 are wanted", wrong.getStatus().getDescription());
            assertEquals("1", wrong.getTrailers().get(key("x-own")));
            var headers = seen.get().request().headers();
            assertEquals("trailers", headers.get("te"));
            assertEquals("127.0.0.1", headers.get("x-forwarded-for"));
            assertEquals(
                    "/inference.GRPCInferenceService/ModelInfer",
                    seen.get().request().uri());
            assertNull(headers.get("connection"));

            site.replicas.getFirst().behaviour = asked -> asked.request()
                    .response()
                    .putHeader("content-type", "application/grpc")
                    .putTrailer("grpc-status", "8")
                    .putTrailer("grpc-message", "busy")
                    .end(asked.body());
            var busy = assertThrows(StatusRuntimeException.class, () -> grpc.call("ModelInfer", new byte[1], 10_000));
            assertEquals(Status.Code.RESOURCE_EXHAUSTED, busy.getStatus().getCode());
            assertEquals("busy", busy.getStatus().getDescription());
        }
    }

    private static io.grpc.Metadata.Key<String> key(String name) {
        return io.grpc.Metadata.Key.of(name, io.grpc.Metadata.ASCII_STRING_MARSHALLER);
    }

    /** Clients keep one connection, by which a balancer of connections would send all to one replica. */
    /** What a router lets in, a replica takes too, with all that the router adds. */
    @Test
    void largeHeadersArePassedOnByBothProtocols() throws Exception {
        var token = "a".repeat(30_000);
        try (var site = Site.of(1);
                var grpc = new GrpcClient(site.router.ports().grpc())) {
            assertEquals(
                    200,
                    site.send(site.infer("{}").header("Authorization", "Bearer " + token))
                            .statusCode());
            assertEquals(1, grpc.call("ModelInfer", new byte[1], 10_000, "authorization", "Bearer " + token).length);
        }
    }

    @Test
    void oneConnectionsCallsGoToAllReplicas() throws Exception {
        try (var site = Site.of(2);
                var grpc = new GrpcClient(site.router.ports().grpc())) {
            for (int i = 0; i < 100; i++) {
                grpc.call("ModelInfer", new byte[1], 10_000);
            }
            for (var replica : site.replicas) {
                assertTrue(replica.asked.get() > 20, "of 100 calls " + replica.asked.get());
            }
        }
    }

    @Test
    void whatIsNoCallOrTooLargeIsRefused() throws Exception {
        try (var site = Site.of(1, Site.file(1000, 8, 10_000, null, null), 1 << 20);
                var grpc = new GrpcClient(site.router.ports().grpc())) {
            var large =
                    assertThrows(StatusRuntimeException.class, () -> grpc.call("ModelInfer", new byte[2000], 10_000));
            assertEquals(Status.Code.RESOURCE_EXHAUSTED, large.getStatus().getCode());
            assertTrue(large.getStatus().getDescription().contains("limits.maxRequestBytes"));
            assertEquals(100, grpc.call("ModelInfer", new byte[100], 10_000).length, "the connection goes on");
            var plain = site.send(HttpRequest.newBuilder(java.net.URI.create(
                    "http://127.0.0.1:" + site.router.ports().grpc() + "/")));
            assertEquals(415, plain.statusCode());
            assertTrue(plain.body().contains("this port is for gRPC"), plain.body());
        }
    }

    @Test
    void aCallThatIsGivenUpIsGivenUpAtTheReplica() throws Exception {
        try (var site = Site.of(1);
                var grpc = new GrpcClient(site.router.ports().grpc());
                var clients = Executors.newVirtualThreadPerTaskExecutor()) {
            var closed = new AtomicInteger();
            site.replicas.getFirst().behaviour = asked -> {
                asked.request().response().closeHandler(gone -> closed.incrementAndGet());
                asked.request().response().exceptionHandler(gone -> {});
            };
            // More than what would count as a flood by default.
            for (int round = 0; round < 3; round++) {
                var calls = new CompletableFuture<?>[100];
                for (int i = 0; i < calls.length; i++) {
                    calls[i] = CompletableFuture.runAsync(
                            () -> assertThrows(
                                    StatusRuntimeException.class, () -> grpc.call("ModelInfer", new byte[1], 100)),
                            clients);
                }
                CompletableFuture.allOf(calls).get(30, TimeUnit.SECONDS);
            }
            site.until(() ->
                    site.router.inFlight().get() == 0 && site.router.replicas().outstanding() == 0);
            site.until(() -> closed.get() == site.replicas.getFirst().asked.get());
            site.replicas.getFirst().behaviour = FakeReplica.ECHO;
            assertEquals(1, grpc.call("ModelInfer", new byte[1], 10_000).length);
            assertEquals(1, site.router.replicas().readyCount());
        }
    }
}
