package dev.capstan.controllers.kube;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.capstan.controllers.plan.Plan;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The test plays the worker; nothing asks the API server. */
class WorkerHttpTest {
    private static final Plan.Follow WORKER = new Plan.Follow(1, "127.0.0.1", "a-peers", 3);
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private HttpServer worker;
    private WorkerHttp http;

    @BeforeEach
    void startWorker() throws IOException {
        worker = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        worker.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        worker.createContext("/whole", exchange -> answer(exchange, 5, 5));
        worker.createContext("/stalls", exchange -> answer(exchange, 100, 5));
        worker.createContext("/endless", exchange -> answer(exchange, 0, 1_000_000));
        worker.start();
        http = new WorkerHttp(null, worker.getAddress().getPort());
    }

    @AfterEach
    void stop() {
        http.close();
        worker.stop(0);
    }

    @Test
    void aWholeAnswerIsRead() throws Exception {
        assertEquals("xxxxx", http.get(WORKER, "key", "/whole").body());
    }

    @Test
    void anAnswerThatStallsInItsBodyIsGivenUp() {
        assertTimeoutPreemptively(
                PATIENCE, () -> assertThrows(HttpTimeoutException.class, () -> http.get(WORKER, "key", "/stalls")));
    }

    @Test
    void anAnswerOfAnyLengthIsNotTakenIn() {
        assertTimeoutPreemptively(
                PATIENCE, () -> assertThrows(IOException.class, () -> http.get(WORKER, "key", "/endless")));
    }

    /** Sends so many bytes of so many that were promised; 0 promises an end and no length. */
    private static void answer(HttpExchange exchange, int promised, int sent) throws IOException {
        exchange.sendResponseHeaders(200, promised);
        exchange.getResponseBody().write("x".repeat(sent).getBytes());
        exchange.getResponseBody().flush();
        if (promised == sent) {
            exchange.close();
        }
    }
}
