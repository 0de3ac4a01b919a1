package dev.capstan.worker.route;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Requests while no replica is ready, and deadlines. */
class HoldTest {
    private static final byte[] MESSAGE = "digits".getBytes(StandardCharsets.UTF_8);

    @Test
    void requestsWaitUntilAReplicaIsReady() throws Exception {
        try (var site = Site.of(2, Site.file(1 << 20, 8, 20_000, null, null), 1 << 20);
                var grpc = new GrpcClient(site.router.ports().grpc())) {
            site.replicas.forEach(replica -> replica.ready = false);
            site.until(() -> site.router.replicas().readyCount() == 0);
            var answers = new ArrayList<CompletableFuture<HttpResponse<String>>>();
            for (int i = 0; i < 7; i++) {
                answers.add(site.http().sendAsync(site.infer("digits " + i).build(), BodyHandlers.ofString()));
            }
            var called = CompletableFuture.supplyAsync(() -> grpc.call("ModelInfer", MESSAGE, 20_000));
            site.until(() -> site.router.held().count() == 8);
            assertTrue(site.metrics().contains("capstan_router_held_requests 8.0"));

            site.tell("2 GPUs, 1 of 16 free in quota team-a");
            var tooMany = site.send(site.infer("one more"));
            assertEquals(503, tooMany.statusCode());
            assertEquals("1", tooMany.headers().firstValue("retry-after").orElse(""));
            assertEquals(
                    "{\"error\":\"no replica is ready, of 2: 2 GPUs, 1 of 16 free in quota team-a; 8 requests wait for one"
                            + " already (limits.queue)\"}",
                    tooMany.body());
            var now = site.send(site.rest("/v2/health/ready"));
            assertEquals(503, now.statusCode(), "who asks whether it is ready is told, not held");
            assertEquals(0, asked(site), "one that isn't ready gets nothing");

            site.replicas.getLast().ready = true;
            for (int i = 0; i < 7; i++) {
                var answer = answers.get(i).get(20, TimeUnit.SECONDS);
                assertEquals(200, answer.statusCode());
                assertEquals("digits " + i, answer.body());
                assertEquals(
                        site.replicas.getLast().address(),
                        answer.headers().firstValue("by").orElse(""));
            }
            assertEquals("digits", new String(called.get(20, TimeUnit.SECONDS)));
            assertEquals(0, site.router.held().count());
        }
    }

    @Test
    void theyWaitNoLongerThanTheirOwnDeadlines() throws Exception {
        try (var site = Site.of(0, Site.file(1 << 20, 8, 600, null, null), 1 << 20);
                var grpc = new GrpcClient(site.router.ports().grpc())) {
            site.tell("1 node with a GPU");
            long began = System.nanoTime();
            var answer = site.send(site.infer("digits").header("Request-Timeout", "0.3"));
            long millis = (System.nanoTime() - began) / 1_000_000;
            assertEquals(503, answer.statusCode());
            assertEquals("{\"error\":\"no replica is ready, of 0: 1 node with a GPU\"}", answer.body());
            assertTrue(millis >= 200, millis + " ms");
            // The words come while the client still listens.
            var refused = refusal(grpc);
            for (int time = 1; refused.getStatus().getCode() == Status.Code.DEADLINE_EXCEEDED && time < 5; time++) {
                // There is a tenth of a second for that, which a client may take to begin where others want the
                // processors.
                refused = refusal(grpc);
            }
            assertEquals(Status.Code.UNAVAILABLE, refused.getStatus().getCode());
            assertEquals(
                    "no replica is ready, of 0: 1 node with a GPU",
                    refused.getStatus().getDescription());
            began = System.nanoTime();
            assertEquals(503, site.send(site.infer("digits")).statusCode());
            millis = (System.nanoTime() - began) / 1_000_000;
            assertTrue(millis >= 500, "the service's own timeout: " + millis + " ms");

            var wrong = site.send(site.infer("digits").header("Request-Timeout", "soon"));
            assertEquals(400, wrong.statusCode());
            assertTrue(wrong.body().contains("it must be a number of seconds, such as 2.5"), wrong.body());
        }
    }

    private static StatusRuntimeException refusal(GrpcClient grpc) {
        return assertThrows(StatusRuntimeException.class, () -> grpc.call("ModelInfer", MESSAGE, 2000));
    }

    @Test
    void aReplicaThatAcceptsAndNeverAnswersCostsTheDeadlineAndNoMore() throws Exception {
        try (var site = Site.of(1);
                var grpc = new GrpcClient(site.router.ports().grpc())) {
            var deadlines = new ArrayList<String>();
            site.replicas.getFirst().behaviour = asked ->
                    deadlines.add(asked.request().getHeader(asked.grpc() ? "grpc-timeout" : "request-timeout"));
            var answer = site.send(site.infer("digits").header("Request-Timeout", "0.4"));
            assertEquals(504, answer.statusCode());
            assertEquals("{\"error\":\"no answer within 400 ms\"}", answer.body());
            var late = assertThrows(StatusRuntimeException.class, () -> grpc.call("ModelInfer", MESSAGE, 400));
            assertEquals(Status.Code.DEADLINE_EXCEEDED, late.getStatus().getCode());
            assertTrue(
                    deadlines.get(0).matches("0\\.[0-3][0-9][0-9]|0.400"), "what is left is passed on: " + deadlines);
            assertTrue(deadlines.get(1).matches("[0-9]{1,3}m"), "what is left is passed on: " + deadlines);
            site.until(() -> site.router.replicas().outstanding() == 0
                    && site.router.inFlight().get() == 0);
        }
    }

    @Test
    void whatIsUnderWayAtAReplicaThatIsLostGoesToAnother() throws Exception {
        try (var site = Site.of(2)) {
            // As after a node's end: nothing comes any more, not even the end of a connection.
            var lost = site.replicas.getFirst();
            lost.behaviour = asked -> {};
            while (lost.asked.get() == 0) {
                var answer = site.http().sendAsync(site.infer("digits").build(), BodyHandlers.ofString());
                site.until(() -> answer.isDone() || lost.asked.get() > 0);
                if (lost.asked.get() > 0) {
                    lost.hang = true;
                    assertEquals(200, answer.get(5, TimeUnit.SECONDS).statusCode());
                }
            }
            assertEquals(1, site.router.replicas().readyCount());
        }
    }

    private static int asked(Site site) {
        return site.replicas.stream().mapToInt(replica -> replica.asked.get()).sum();
    }
}
