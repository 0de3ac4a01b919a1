package dev.capstan.worker.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import dev.capstan.protocol.Contract;
import dev.capstan.protocol.Events;
import dev.capstan.protocol.Json;
import dev.capstan.protocol.Membership;
import dev.capstan.protocol.Progress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

class WorkerServerTest {
    private static final Progress PROGRESS =
            new Progress(1, Progress.Stage.TRAINING, 1, 5, 10, 100, 0.5, 1000.0, 12, null, null);

    @Test
    void answersProbesToAllAndProgressToWhoKnowsTheToken() throws Exception {
        var ready = new AtomicBoolean();
        var alive = new AtomicBoolean(true);
        try (var server = WorkerServer.start(
                        WorkerServer.listen(0),
                        "s3cret",
                        () -> PROGRESS,
                        alive::get,
                        ready::get,
                        request -> WorkerServer.Answer.NOT_NOW,
                        new Heard());
                var client = HttpClient.newHttpClient()) {
            assertEquals(200, get(client, server, Contract.LIVE_PATH, null).statusCode());
            alive.set(false);
            assertEquals(503, get(client, server, Contract.LIVE_PATH, null).statusCode());
            assertEquals(503, get(client, server, Contract.READY_PATH, null).statusCode());
            alive.set(true);
            Thread.ofVirtual().start(() -> {
                LockSupport.parkNanos(300_000_000);
                ready.set(true);
            });
            assertEquals(
                    200, get(client, server, Contract.READY_PATH, null).statusCode(), "who meets soon is waited for");
            assertEquals(404, get(client, server, "/livez2", null).statusCode());
            for (var wrong : new String[] {null, "", "Bearer", "Bearer ", "Bearer s3cre", "Bearer s3cretx", "s3cret"}) {
                var refused = get(client, server, Contract.PROGRESS_PATH, wrong);
                assertEquals(401, refused.statusCode());
                assertEquals("the job's token is needed\n", refused.body());
            }
            var answer = get(client, server, Contract.PROGRESS_PATH, "Bearer s3cret");
            assertEquals(200, answer.statusCode());
            assertEquals(PROGRESS, Json.read(answer.body(), Progress.class));
        }
    }

    @Test
    void whoIsInTheGangIsHeardFromWhoKnowsTheTokenAlone() throws Exception {
        var heard = new Heard();
        try (var server = start(heard);
                var client = HttpClient.newHttpClient()) {
            var text = Json.write(MEMBERSHIP);
            assertEquals(401, put(client, server, text, null).statusCode());
            assertEquals(0, heard.given.size());
            for (var told : List.of(
                    new WorkerServer.Told.Taken(7), new WorkerServer.Told.Late(8), new WorkerServer.Told.NotNow(0))) {
                heard.told = told;
                var answer = put(client, server, text, "Bearer s3cret");
                var known = Json.read(answer.body(), Membership.Known.class).term();
                assertEquals(
                        told,
                        switch (answer.statusCode()) {
                            case 200 -> new WorkerServer.Told.Taken(known);
                            case 409 -> new WorkerServer.Told.Late(known);
                            case 503 -> new WorkerServer.Told.NotNow(known);
                            default -> throw new AssertionError(answer.statusCode());
                        });
            }
            assertEquals(List.of(MEMBERSHIP, MEMBERSHIP, MEMBERSHIP), heard.given);
            heard.told = new WorkerServer.Told.Wrong("a membership of 2 ranks, the attempt has 3");
            var wrong = put(client, server, text, "Bearer s3cret");
            assertEquals("400 a membership of 2 ranks, the attempt has 3\n", wrong.statusCode() + " " + wrong.body());
            var malformed = put(client, server, "{\"attempt\": \"x\"}", "Bearer s3cret");
            assertEquals(400, malformed.statusCode());
            assertTrue(malformed.body().startsWith("not a Membership: "), malformed.body());
        }
    }

    @Test
    void whoWaitsForEventsIsAnsweredBeforeTheServerCloses() throws Exception {
        var heard = new Heard();
        try (var client = HttpClient.newHttpClient()) {
            HttpRequest request;
            CompletableFuture<HttpResponse<String>> last;
            try (var server = start(heard)) {
                assertEquals(
                        401, get(client, server, Contract.EVENTS_PATH, null).statusCode());
                assertEquals(
                        400,
                        get(client, server, Contract.EVENTS_PATH + "?after=-1", "Bearer s3cret")
                                .statusCode());
                request = HttpRequest.newBuilder(
                                URI.create("http://localhost:" + server.port() + Contract.EVENTS_PATH + "?after=3"))
                        .header("Authorization", "Bearer s3cret")
                        .build();
                last = client.sendAsync(request, BodyHandlers.ofString());
                assertEquals(3, heard.asked.take());
                heard.ended.countDown();
            }
            assertEquals(Heard.EVENTS, Json.read(last.get().body(), Events.class));
        }
    }

    @Test
    void whoAsksBeforeItCanAnswerWaits() throws Exception {
        var listening = WorkerServer.listen(0);
        var live = URI.create("http://localhost:" + listening.getAddress().getPort() + Contract.LIVE_PATH);
        try (var client = HttpClient.newHttpClient()) {
            var asked = client.sendAsync(HttpRequest.newBuilder(live).build(), BodyHandlers.discarding());
            assertThrows(TimeoutException.class, () -> asked.get(300, TimeUnit.MILLISECONDS));
            try (var server = start(listening, new Heard())) {
                assertEquals(200, asked.get().statusCode());
            }
        }
    }

    private static final Membership MEMBERSHIP =
            new Membership(1, 7, List.of(new Membership.Member("a", "10.0.0.1:29400")));

    private static WorkerServer start(Heard heard) {
        return start(WorkerServer.listen(0), heard);
    }

    private static WorkerServer start(HttpServer listening, Heard heard) {
        return WorkerServer.start(
                listening,
                "s3cret",
                () -> PROGRESS,
                () -> true,
                () -> true,
                request -> WorkerServer.Answer.NOT_NOW,
                heard);
    }

    /** What a worker is told and asked; it answers questions about events once it has ended. */
    private static final class Heard implements WorkerServer.Gang {
        private static final Events EVENTS =
                new Events(1, 0, 7, false, List.of(new Events.Event(4, 7, Events.Kind.ENDED, List.of(), 0, 0, "done")));

        private final List<Membership> given = new ArrayList<>();
        private final BlockingQueue<Long> asked = new LinkedBlockingQueue<>();
        private final CountDownLatch ended = new CountDownLatch(1);
        private WorkerServer.Told told;

        @Override
        public WorkerServer.Told take(Membership membership) {
            given.add(membership);
            return told;
        }

        @Override
        public Events after(long number, Duration patience) throws InterruptedException {
            asked.add(number);
            ended.await();
            // Who answers takes a moment.
            Thread.sleep(100);
            return EVENTS;
        }
    }

    private static HttpResponse<String> put(
            HttpClient client, WorkerServer server, String membership, String authorization) throws Exception {
        var request = HttpRequest.newBuilder(URI.create("http://localhost:" + server.port() + Contract.MEMBERSHIP_PATH))
                .PUT(BodyPublishers.ofString(membership));
        if (authorization != null) {
            request.header("Authorization", authorization);
        }
        return client.send(request.build(), BodyHandlers.ofString());
    }

    private static HttpResponse<String> get(HttpClient client, WorkerServer server, String path, String authorization)
            throws Exception {
        var request = HttpRequest.newBuilder(URI.create("http://localhost:" + server.port() + path));
        if (authorization != null) {
            request.header("Authorization", authorization);
        }
        return client.send(request.build(), BodyHandlers.ofString());
    }
}
