package dev.capstan.worker.route;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Replicas that go, drain, break off or say no; and which requests another replica gets then. */
class RetryTest {
    private static final byte[] MESSAGE = "digits".getBytes(StandardCharsets.UTF_8);

    @Test
    void ofAReplicaThatIsKilledUnderLoadNoRequestIsLost() throws Exception {
        try (var site = Site.of(3);
                var grpc = new GrpcClient(site.router.ports().grpc());
                var clients = Executors.newVirtualThreadPerTaskExecutor()) {
            // A little time at the replica, so that there are requests in the midst of it.
            for (var replica : site.replicas) {
                replica.behaviour = asked -> asked.by().vertx().setTimer(3, id -> asked.answer(asked.body()));
            }
            var stop = new AtomicBoolean();
            var wrong = new ConcurrentLinkedQueue<String>();
            var right = new AtomicInteger();
            for (int i = 0; i < 4; i++) {
                clients.submit(() -> {
                    while (!stop.get()) {
                        try {
                            var answer = site.send(site.infer("digits"));
                            if (answer.statusCode() == 200 && answer.body().equals("digits")) {
                                right.incrementAndGet();
                            } else {
                                wrong.add(answer.statusCode() + " " + answer.body());
                            }
                        } catch (Exception e) {
                            wrong.add(e.toString());
                        }
                    }
                });
                clients.submit(() -> {
                    while (!stop.get()) {
                        try {
                            assertEquals("digits", new String(grpc.call("ModelInfer", MESSAGE, 10_000)));
                            right.incrementAndGet();
                        } catch (RuntimeException | AssertionError e) {
                            wrong.add(e.toString());
                        }
                    }
                });
            }
            // Each in its turn is killed, and comes back; until requests of both protocols were under way when it was.
            for (int kills = 0; kills < 3 || !retried(site, "rest") || !retried(site, "grpc"); kills++) {
                assertTrue(kills < 60, site.metrics());
                var replica = site.replicas.get(kills % 3);
                int before = right.get();
                site.until(() -> right.get() > before + 200);
                replica.kill();
                int after = right.get();
                site.until(() -> right.get() > after + 200);
                replica.start();
                site.until(() -> site.router.replicas().readyCount() == 3);
            }
            stop.set(true);
            clients.shutdown();
            assertTrue(clients.awaitTermination(20, TimeUnit.SECONDS));
            assertEquals(List.of(), List.copyOf(wrong));
            site.until(() -> site.router.inFlight().get() == 0
                    && site.router.buffered().taken() == 0
                    && site.router.replicas().outstanding() == 0);
        }
    }

    private static boolean retried(Site site, String protocol) throws Exception {
        return site.metrics().contains("capstan_router_retries_total{protocol=\"%s\"".formatted(protocol));
    }

    private record Case(String what, Handler<FakeReplica.Asked> behaviour) {}

    /** What a replica may do that leaves the client unaware if another one answers. */
    private static final List<Case> UNHEARD = List.of(
            new Case("says 503 or UNAVAILABLE", FakeReplica.Asked::unavailable),
            new Case(
                    "closes without an answer",
                    asked -> asked.request().connection().close()),
            new Case("resets the stream", asked -> asked.request().response().reset(2)),
            new Case("breaks off in the midst of a small answer", asked -> {
                var response = asked.request().response();
                response.putHeader("content-length", "100");
                if (asked.grpc()) {
                    response.putHeader("content-type", "application/grpc");
                }
                response.write(Buffer.buffer("half"))
                        .onComplete(written -> asked.request().connection().close());
            }),
            new Case("says UNAVAILABLE by its trailers", asked -> {
                if (asked.grpc()) {
                    asked.request()
                            .response()
                            .putHeader("content-type", "application/grpc")
                            .putTrailer("grpc-status", "14")
                            .end(Buffer.buffer(new byte[] {0, 0, 0, 0, 0}));
                } else {
                    asked.unavailable();
                }
            }));

    @Test
    void anotherReplicaAnswersWhatChangesNothing() throws Exception {
        try (var site = Site.of(2);
                var grpc = new GrpcClient(site.router.ports().grpc())) {
            var bad = site.replicas.getFirst();
            for (var each : UNHEARD) {
                bad.behaviour = each.behaviour;
                bad.asked.set(0);
                // Which one is asked first is chance, among those without requests.
                for (int i = 0; bad.asked.get() == 0; i++) {
                    assertTrue(i < 1000, each.what);
                    var answer = site.send(site.infer("digits " + i));
                    assertEquals(200, answer.statusCode(), each.what + ": " + answer.body());
                    assertEquals("digits " + i, answer.body(), each.what);
                }
                site.until(() -> site.router.replicas().readyCount() == 2);
                bad.asked.set(0);
                for (int i = 0; bad.asked.get() == 0; i++) {
                    assertTrue(i < 1000, each.what);
                    assertEquals("digits", new String(grpc.call("ModelInfer", MESSAGE, 10_000)), each.what);
                }
                // One that answers in between is soon trusted again.
                bad.behaviour = FakeReplica.ECHO;
                bad.asked.set(0);
                site.until(() -> site.router.replicas().readyCount() == 2);
                while (bad.asked.get() == 0) {
                    site.send(site.infer("well"));
                }
            }
        }
    }

    /** As common servers do with connections that were idle for some time, just when they are used again. */
    @Test
    void connectionsThatAreClosedAsTheyAreUsedAgainCostNobodyAnAnswer() throws Exception {
        try (var site = Site.of(1);
                var grpc = new GrpcClient(site.router.ports().grpc())) {
            site.replicas.getFirst().behaviour = asked -> {
                asked.answer(asked.body());
                asked.by()
                        .vertx()
                        .setTimer(1, id -> asked.request().connection().close());
            };
            for (int i = 0; i < 30; i++) {
                assertEquals(200, site.send(site.infer("digits")).statusCode());
                assertEquals("digits", new String(grpc.call("ModelInfer", MESSAGE, 10_000)));
            }
        }
    }

    /** As behind a firewall that forgets connections: what is kept is dead, and what is new works. */
    @Test
    void deadConnectionsCostOneTryHoweverManyThereAre() throws Exception {
        try (var site = Site.of(1)) {
            var kept = new HashSet<HttpConnection>();
            var under = new LinkedBlockingQueue<FakeReplica.Asked>();
            site.replicas.getFirst().behaviour = under::add;
            var answers = new ArrayList<CompletableFuture<HttpResponse<String>>>();
            for (int i = 0; i < 16; i++) {
                answers.add(site.http().sendAsync(site.infer("digits").build(), BodyHandlers.ofString()));
            }
            site.until(() -> under.size() == 16);
            for (var asked : under) {
                kept.add(asked.request().connection());
                asked.answer(asked.body());
            }
            assertEquals(16, kept.size());
            for (var answer : answers) {
                assertEquals(200, answer.get(10, TimeUnit.SECONDS).statusCode());
            }
            site.replicas.getFirst().behaviour = asked -> {
                if (kept.contains(asked.request().connection())) {
                    asked.request().connection().close();
                } else {
                    asked.answer(asked.body());
                }
            };
            var answer = site.send(site.infer("digits"));
            assertEquals(200, answer.statusCode(), answer.body());
            assertEquals(16 + 2, asked(site));
        }
    }

    @Test
    void whatAReplicaHasWhenItSaysGoodbyeIsAnsweredThereAndOnce() throws Exception {
        try (var site = Site.of(1);
                var grpc = new GrpcClient(site.router.ports().grpc());
                var clients = Executors.newVirtualThreadPerTaskExecutor()) {
            var under = new LinkedBlockingQueue<FakeReplica.Asked>();
            site.replicas.getFirst().behaviour = under::add;
            // Not to be repeated: it would be done twice.
            var answer = clients.submit(() -> grpc.call("RepositoryModelLoad", MESSAGE, 10_000));
            var asked = under.poll(10, TimeUnit.SECONDS);
            site.replicas.getFirst().behaviour = FakeReplica.ECHO;
            // As a replica does. A server that names a lower request, as Netty's does by itself, may break off all of
            // them
            // when another one comes that was on its way.
            asked.request().connection().goAway(0, Integer.MAX_VALUE);
            for (int i = 0; i < 5; i++) {
                assertEquals("digits", new String(grpc.call("ModelInfer", MESSAGE, 10_000)));
            }
            asked.answer(asked.body());
            assertEquals("digits", new String(answer.get(10, TimeUnit.SECONDS)));
            assertEquals(6, asked(site));
        }
    }

    /** It names the last request that it answers: later ones haven't been done, whatever they are. */
    @Test
    void whatAReplicaRefusesByItsGoodbyeIsAskedForAgain() throws Exception {
        try (var site = Site.of(1);
                var grpc = new GrpcClient(site.router.ports().grpc());
                var clients = Executors.newVirtualThreadPerTaskExecutor()) {
            var under = new LinkedBlockingQueue<FakeReplica.Asked>();
            site.replicas.getFirst().behaviour = under::add;
            var first = clients.submit(() -> grpc.call("RepositoryModelLoad", MESSAGE, 60_000));
            var one = under.poll(60, TimeUnit.SECONDS);
            var second = clients.submit(() -> grpc.call("RepositoryModelUnload", MESSAGE, 60_000));
            var two = under.poll(60, TimeUnit.SECONDS);
            assertSame(one.request().connection(), two.request().connection());
            site.replicas.getFirst().behaviour = FakeReplica.ECHO;
            one.request().connection().goAway(0, one.request().streamId());
            assertEquals("digits", new String(second.get(60, TimeUnit.SECONDS)));
            assertEquals(1, site.router.replicas().readyCount(), "nothing is wrong with the replica");
            one.answer(one.body());
            assertEquals("digits", new String(first.get(60, TimeUnit.SECONDS)));
            assertEquals(3, asked(site));
        }
    }

    /** A large answer goes at the client's pace, and may lie in the router when the replica has long sent all of it. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void whatHasComeOfAnAnswerIsPassedOnThoughTheReplicaHasSaidGoodbye(boolean before) throws Exception {
        try (var site = Site.of(1)) {
            var replica = site.replicas.getFirst();
            var half = Buffer.buffer(new byte[100_000]);
            replica.behaviour = asked -> {
                var connection = asked.request().connection();
                if (before) {
                    connection.goAway(0, Integer.MAX_VALUE);
                }
                var response = asked.request().response();
                response.putHeader("content-type", "application/grpc").putTrailer("grpc-status", "0");
                response.write(half);
                replica.vertx().setTimer(100, first -> {
                    if (!before) {
                        connection.goAway(0, Integer.MAX_VALUE);
                    }
                    replica.vertx().setTimer(100, then -> response.end(half));
                });
            };
            var came = new CompletableFuture<HttpClientResponse>();
            var body = new CompletableFuture<Buffer>();
            replica.vertx()
                    .createHttpClient(new HttpClientOptions()
                            .setProtocolVersion(HttpVersion.HTTP_2)
                            .setHttp2ClearTextUpgrade(false))
                    .request(
                            HttpMethod.POST,
                            site.router.ports().grpc(),
                            "127.0.0.1",
                            "/inference.GRPCInferenceService/ModelInfer")
                    .compose(asked -> {
                        asked.response().onSuccess(answer -> {
                            answer.body().onSuccess(body::complete).onFailure(body::completeExceptionally);
                            answer.pause();
                            came.complete(answer);
                        });
                        return asked.putHeader("content-type", "application/grpc")
                                .end(Buffer.buffer(MESSAGE));
                    })
                    .onFailure(came::completeExceptionally);
            var answer = came.get(60, TimeUnit.SECONDS);
            // More than the client takes at a time lies in the router by then.
            Thread.sleep(500);
            answer.resume();
            assertEquals(2 * half.length(), body.get(60, TimeUnit.SECONDS).length());
            assertEquals("0", answer.getTrailer("grpc-status"));
        }
    }

    @Test
    void whatChangesSomethingIsDoneOnceAtMost() throws Exception {
        try (var site = Site.of(2);
                var grpc = new GrpcClient(site.router.ports().grpc())) {
            var asked = new AtomicInteger();
            for (var replica : site.replicas) {
                replica.behaviour = each -> {
                    asked.incrementAndGet();
                    each.request().connection().close();
                };
            }
            var answer =
                    site.send(site.rest("/v2/repository/models/digits/load").POST(BodyPublishers.ofString("{}")));
            assertEquals(502, answer.statusCode());
            assertTrue(answer.body().contains("may have done what was asked"), answer.body());
            assertEquals(1, asked.get());
            site.until(() -> site.router.replicas().readyCount() > 0);
            var refused =
                    assertThrows(StatusRuntimeException.class, () -> grpc.call("RepositoryModelLoad", MESSAGE, 10_000));
            assertEquals(Status.Code.UNAVAILABLE, refused.getStatus().getCode());
            assertEquals(2, asked.get());
            site.until(() -> site.router.replicas().readyCount() > 0);
            var otherwise =
                    site.send(site.rest("/v2/%72epository/models/digits/load/").POST(BodyPublishers.ofString("{}")));
            assertEquals(502, otherwise.statusCode(), "the same path, written otherwise");
            assertEquals(3, asked.get());
        }
    }

    @Test
    void thereIsAnEndToTrying() throws Exception {
        try (var site = Site.of(2)) {
            site.replicas.forEach(replica -> replica.behaviour = FakeReplica.Asked::unavailable);
            var answer = site.send(site.infer("digits"));
            assertEquals(503, answer.statusCode());
            assertEquals("{\"error\":\"draining\"}", answer.body(), "the last replica's own words");
            assertEquals(Tuning.TRIES, asked(site));
            site.replicas.forEach(replica -> replica.behaviour = asked -> asked.request()
                    .response()
                    .setStatusCode(429)
                    .putHeader("retry-after", "7")
                    .end("{}"));
            var busy = site.send(site.infer("digits"));
            assertEquals(429, busy.statusCode(), "who is busy isn't asked again elsewhere");
            assertEquals("7", busy.headers().firstValue("retry-after").orElse(""));
            assertEquals(Tuning.TRIES + 1, asked(site));
        }
    }

    private static int asked(Site site) {
        return site.replicas.stream().mapToInt(replica -> replica.asked.get()).sum();
    }

    @Test
    void anAnswerThatWasPartlyPassedOnIsCutOff() throws Exception {
        try (var site = Site.of(1)) {
            site.replicas.getFirst().behaviour = asked -> {
                var response = asked.request().response().setChunked(true);
                response.write(Buffer.buffer("half"))
                        .onComplete(written -> asked.request().connection().close());
            };
            assertThrows(IOException.class, () -> site.send(site.infer("digits")));
            assertEquals(1, asked(site), "the client has some of it: nobody else is asked");
        }
    }

    @Test
    void anOverloadIsNotMultiplied() {
        var now = new AtomicLong();
        var budget = new RetryBudget(100, now::get);
        int granted = 0;
        for (int i = 0; i < 10_000; i++) {
            budget.request();
            granted += budget.retry() ? 1 : 0;
        }
        assertTrue(granted >= 2000 && granted <= 2100, "a fifth, and the reserve: " + granted);
        now.addAndGet(1_000_000_000);
        int later = 0;
        while (budget.retry()) {
            later++;
        }
        assertTrue(later >= 9 && later <= 11, "ten a second: " + later);
    }
}
