package dev.capstan.worker.http;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.capstan.protocol.Contract;
import dev.capstan.protocol.Json;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.protocol.Progress;
import dev.capstan.worker.outcome.Failure;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/** Answers probes, the operator's questions about the progress, and its wish for a checkpoint. */
public final class WorkerServer implements AutoCloseable {
    private static final Pattern REQUEST = Pattern.compile(Contract.REQUEST + "=([0-9a-f]{64})");

    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final byte[] authorization;
    private final Supplier<Progress> progress;
    private final BooleanSupplier alive;
    private final BooleanSupplier ready;
    private final Function<String, Answer> checkpoint;

    private WorkerServer(
            HttpServer server,
            String bearer,
            Supplier<Progress> progress,
            BooleanSupplier alive,
            BooleanSupplier ready,
            Function<String, Answer> checkpoint) {
        this.server = server;
        authorization = ("Bearer " + bearer).getBytes(UTF_8);
        this.progress = progress;
        this.alive = alive;
        this.ready = ready;
        this.checkpoint = checkpoint;
    }

    /**
     * Listens on all addresses and answers until closed.
     *
     * @param port 0 for any free one
     * @param bearer whoever asks for the progress or a checkpoint must send it
     * @param progress the last report
     * @param alive whether the worker gets anywhere
     * @param ready whether the worker has met its peers
     * @param checkpoint asks for a checkpoint, by the request's id or null if it has none
     * @throws Failure WorkerError if the port is taken
     */
    public static WorkerServer start(
            int port,
            String bearer,
            Supplier<Progress> progress,
            BooleanSupplier alive,
            BooleanSupplier ready,
            Function<String, Answer> checkpoint) {
        try {
            var server = new WorkerServer(
                    HttpServer.create(new InetSocketAddress(port), 0), bearer, progress, alive, ready, checkpoint);
            server.server.setExecutor(server.threads);
            server.server.createContext("/", server::answer);
            server.server.start();
            return server;
        } catch (IOException e) {
            throw new Failure(Reason.WorkerError, "port " + port + " can't be listened on for HTTP: " + e, e);
        }
    }

    /** The port that it listens on. */
    public int port() {
        return server.getAddress().getPort();
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            var path = exchange.getRequestURI().getPath();
            var method = path.equals(Contract.CHECKPOINT_PATH) ? "POST" : "GET";
            if (!exchange.getRequestMethod().equals(method)) {
                exchange.getResponseHeaders().set("Allow", method);
                reply(exchange, 405, "text/plain", "only " + method + " is answered here\n");
                return;
            }
            switch (path) {
                case Contract.LIVE_PATH -> {
                    boolean moves = alive.getAsBoolean();
                    reply(exchange, moves ? 200 : 503, "text/plain", moves ? "alive\n" : "gets nowhere\n");
                }
                case Contract.READY_PATH -> {
                    boolean met = awaitReady();
                    reply(exchange, met ? 200 : 503, "text/plain", met ? "ready\n" : "peers are missing\n");
                }
                case Contract.PROGRESS_PATH -> answerProgress(exchange);
                case Contract.CHECKPOINT_PATH -> answerCheckpoint(exchange);
                default -> reply(exchange, 404, "text/plain", "no such path\n");
            }
        }
    }

    private boolean awaitReady() {
        long until =
                System.nanoTime() + Duration.ofSeconds(Contract.READY_SECONDS).toNanos();
        try {
            while (!ready.getAsBoolean() && alive.getAsBoolean() && System.nanoTime() < until) {
                Thread.sleep(50);
            }
        } catch (InterruptedException e) {
            // The worker ends.
            Thread.currentThread().interrupt();
        }
        return ready.getAsBoolean();
    }

    private void answerProgress(HttpExchange exchange) throws IOException {
        if (authorized(exchange)) {
            reply(exchange, 200, "application/json", Json.write(progress.get()));
        }
    }

    private void answerCheckpoint(HttpExchange exchange) throws IOException {
        if (authorized(exchange)) {
            var answer = checkpoint.apply(request(exchange.getRequestURI().getQuery()));
            reply(exchange, answer.code, "text/plain", answer.text);
        }
    }

    private static String request(String query) {
        var request = query == null ? null : REQUEST.matcher(query);
        return request != null && request.matches() ? request.group(1) : null;
    }

    /** What becomes of a request for a checkpoint. */
    public enum Answer {
        /** A checkpoint that was begun after the request is whole. */
        DONE(200, "a checkpoint is there\n"),
        /** It isn't there yet. */
        ACCEPTED(202, "a checkpoint follows after this step\n"),
        /** There is no training to keep. */
        NOT_NOW(409, "this worker isn't training\n");

        private final int code;
        private final String text;

        Answer(int code, String text) {
            this.code = code;
            this.text = text;
        }
    }

    /** Refuses who doesn't know the bearer. */
    private boolean authorized(HttpExchange exchange) throws IOException {
        var sent = exchange.getRequestHeaders().getFirst("Authorization");
        // In constant time, so that it can't be guessed byte by byte.
        if (sent == null || !MessageDigest.isEqual(sent.getBytes(UTF_8), authorization)) {
            exchange.getResponseHeaders().set("WWW-Authenticate", "Bearer");
            reply(exchange, 401, "text/plain", "the job's token is needed\n");
            return false;
        }
        return true;
    }

    private static void reply(HttpExchange exchange, int status, String type, String text) throws IOException {
        var body = text.getBytes(UTF_8);
        exchange.getResponseHeaders().set("Content-Type", type);
        exchange.sendResponseHeaders(status, body.length);
        exchange.getResponseBody().write(body);
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
