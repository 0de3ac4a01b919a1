package dev.capstan.worker.http;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.capstan.protocol.Contract;
import dev.capstan.protocol.Json;
import dev.capstan.protocol.Progress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
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
                        0, "s3cret", () -> PROGRESS, alive::get, ready::get, request -> WorkerServer.Answer.NOT_NOW);
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

    private static HttpResponse<String> get(HttpClient client, WorkerServer server, String path, String authorization)
            throws Exception {
        var request = HttpRequest.newBuilder(URI.create("http://localhost:" + server.port() + path));
        if (authorization != null) {
            request.header("Authorization", authorization);
        }
        return client.send(request.build(), BodyHandlers.ofString());
    }
}
