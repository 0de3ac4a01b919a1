package dev.capstan.worker.route;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.protocol.Contract;
import dev.capstan.protocol.Endpoints;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** Who the replicas are: by name, as the operator tells, and by their own readiness; and the router's own end. */
class EndpointsTest {
    @Test
    void theOperatorTellsThemAndTheLatestWordCounts() throws Exception {
        try (var site = Site.of(2)) {
            var first = new Endpoints.Replica(site.replicas.getFirst().address(), 1);
            var second = new Endpoints.Replica(site.replicas.getLast().address(), 2);
            var only = site.put(new Endpoints(10, List.of(second), null));
            assertEquals(200, only.statusCode());
            assertEquals("{\"version\":10}", only.body().replaceAll("\\s", ""));
            var late = site.put(new Endpoints(9, List.of(first), "late"));
            assertEquals(409, late.statusCode());
            assertEquals(
                    "{\"version\":10}", late.body().replaceAll("\\s", ""), "so that who tells it can go on from there");
            for (int i = 0; i < 20; i++) {
                assertEquals("127.0.0.12", by(site));
            }
            assertEquals(200, site.put(new Endpoints(10, List.of(second), null)).statusCode(), "told again");

            // What is under way at one that is a replica no more is answered.
            var under = new AtomicReference<FakeReplica.Asked>();
            site.replicas.getLast().behaviour = under::set;
            var answer = site.http().sendAsync(site.infer("digits").build(), BodyHandlers.ofString());
            site.until(() -> under.get() != null);
            assertEquals(200, site.put(new Endpoints(11, List.of(first), null)).statusCode());
            site.until(() -> site.router.replicas().readyCount() == 1);
            assertEquals("127.0.0.11", by(site));
            under.get().answer(under.get().body());
            assertEquals("digits", answer.get(10, TimeUnit.SECONDS).body());

            var wrong = site.put(new Endpoints(12, List.of(new Endpoints.Replica("digits.example.org", 1)), null));
            assertEquals(400, wrong.statusCode());
            assertEquals(
                    "a replica's address is \"digits.example.org\"; it must be the pod's IP address\n", wrong.body());
            assertEquals(400, put(site, Site.BEARER, "{").statusCode());
            assertEquals(401, put(site, "somebody", "{}").statusCode());
            assertEquals(413, put(site, Site.BEARER, " ".repeat(1 << 21)).statusCode());
            assertEquals("127.0.0.11", by(site), "nothing of that changed anything");
        }
    }

    private static java.net.http.HttpResponse<String> put(Site site, String bearer, String text) throws Exception {
        return site.send(HttpRequest.newBuilder(site.management(Contract.ENDPOINTS_PATH))
                .header("Authorization", "Bearer " + bearer)
                .PUT(BodyPublishers.ofString(text)));
    }

    private static String by(Site site) throws Exception {
        var answer = site.send(site.infer("digits"));
        assertEquals(200, answer.statusCode());
        return answer.headers().firstValue("by").orElseThrow();
    }

    @Test
    void untilThenTheirNameTells() throws Exception {
        try (var site = Site.alone("127.0.0.11")) {
            site.until(() -> site.router.replicas().readyCount() == 1);
            assertEquals(
                    200,
                    site.send(HttpRequest.newBuilder(site.management(Contract.READY_PATH)))
                            .statusCode());
            assertEquals("127.0.0.11", by(site));
            site.tell(null);
            site.put(new Endpoints(Long.MAX_VALUE, List.of(), null));
            site.until(() -> site.router.replicas().count() == 0);
            Thread.sleep(300);
            assertEquals(0, site.router.replicas().count(), "the name says nothing any more");
        }
    }

    @Test
    void oneThatDrainsGetsNothingNewAndOneThatIsSlowToAnswerProbesStays() throws Exception {
        try (var site = Site.of(2)) {
            var drains = site.replicas.getFirst();
            drains.ready = false;
            site.until(() -> site.router.replicas().readyCount() == 1);
            drains.asked.set(0);
            for (int i = 0; i < 20; i++) {
                assertEquals("127.0.0.12", by(site));
            }
            assertEquals(0, drains.asked.get());
            // It answers requests, though a probe gets no answer in time: busy isn't dead.
            var busy = site.replicas.getLast();
            busy.hang = true;
            long end = System.nanoTime() + Duration.ofMillis(2500).toNanos();
            while (System.nanoTime() < end) {
                assertEquals("127.0.0.12", by(site));
                assertEquals(1, site.router.replicas().readyCount());
            }
        }
    }

    @Test
    void aRouterThatIsToStopIsNotReadyAndAnswersWhatComes() throws Exception {
        try (var site = Site.of(1);
                var grpc = new GrpcClient(site.router.ports().grpc());
                var kept = new RawClient(site.router.ports().rest());
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            grpc.call("ModelInfer", new byte[1], 10_000);
            kept.send("GET /v2 HTTP/1.1\r\nHost: x\r\n\r\n").until("\r\n\r\n");
            var under = new AtomicReference<FakeReplica.Asked>();
            site.replicas.getFirst().behaviour = under::set;
            var answer = site.http().sendAsync(site.infer("digits").build(), BodyHandlers.ofString());
            site.until(() -> under.get() != null);
            var first = under.getAndSet(null);
            var called = threads.submit(() -> grpc.call("ModelInfer", new byte[2], 10_000));
            site.until(() -> under.get() != null);
            var second = under.get();
            site.replicas.getFirst().behaviour = FakeReplica.ECHO;

            var drained = threads.submit(() -> site.router.drain(Duration.ofSeconds(60)));
            site.until(site.router::draining);
            assertEquals(
                    503,
                    site.send(HttpRequest.newBuilder(site.management(Contract.READY_PATH)))
                            .statusCode());
            assertEquals(1, grpc.call("ModelInfer", new byte[1], 10_000).length);
            kept.send("GET /v2 HTTP/1.1\r\nHost: x\r\n\r\n");
            var last = kept.rest();
            assertTrue(last.startsWith("HTTP/1.1 200 OK") && last.contains("connection: close"), last);
            Thread.sleep(500);
            assertTrue(!drained.isDone(), "two requests are under way");
            first.answer(first.body());
            second.answer(second.body());
            assertEquals("digits", answer.get(10, TimeUnit.SECONDS).body());
            assertEquals(2, called.get(10, TimeUnit.SECONDS).length);
            assertEquals(0, drained.get(10, TimeUnit.SECONDS));
        }
    }
}
