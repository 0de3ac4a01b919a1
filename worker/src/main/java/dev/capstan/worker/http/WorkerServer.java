package dev.capstan.worker.http;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.capstan.protocol.Contract;
import dev.capstan.protocol.Events;
import dev.capstan.protocol.Json;
import dev.capstan.protocol.Membership;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.protocol.Progress;
import dev.capstan.worker.outcome.Failure;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Phaser;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/**
 * Answers probes, the operator's questions about progress and events, its wish for a checkpoint, and its word on who is
 * in the gang.
 */
public final class WorkerServer implements AutoCloseable {
    private static final Pattern AFTER = Pattern.compile(Contract.AFTER + "=([0-9]{1,18})");
    /** Bytes of the longest membership that is read. */
    private static final int LONGEST = 1 << 20;

    private static final Pattern REQUEST = Pattern.compile(Contract.REQUEST + "=([0-9a-f]{64})");

    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final byte[] authorization;
    private final Supplier<Progress> progress;
    private final BooleanSupplier alive;
    private final BooleanSupplier ready;
    private final Function<String, Answer> checkpoint;
    private final Gang gang;
    /** Answers to questions about events that are under way. */
    private final Phaser held = new Phaser(1);

    private WorkerServer(
            HttpServer server,
            String bearer,
            Supplier<Progress> progress,
            BooleanSupplier alive,
            BooleanSupplier ready,
            Function<String, Answer> checkpoint,
            Gang gang) {
        this.server = server;
        authorization = ("Bearer " + bearer).getBytes(UTF_8);
        this.progress = progress;
        this.alive = alive;
        this.ready = ready;
        this.checkpoint = checkpoint;
        this.gang = gang;
    }

    /** What the operator says to a gang that may lose ranks, and hears of it. */
    public interface Gang {
        /** Takes a membership. */
        Told take(Membership membership);

        /** What has happened since an event of that number; waits so long for it. */
        Events after(long number, Duration patience) throws InterruptedException;
    }

    /** What becomes of a membership. */
    public sealed interface Told {
        /** It is the newest; {@code term} is its own. */
        record Taken(int term) implements Told {}

        /** A later one has been taken. */
        record Late(int term) implements Told {}

        /** It can't be gone on with. */
        record NotNow(int term) implements Told {}

        /** It isn't one of this gang's. */
        record Wrong(String sentence) implements Told {}
    }

    /**
     * Listens on all addresses, and lets who asks wait for {@link #start}. A kubelet writes a Warning event each time
     * that nobody listens, and on a busy machine it takes a worker a while until it can answer.
     *
     * @param port 0 for any free one
     * @throws Failure WorkerError if the port is taken
     */
    public static HttpServer listen(int port) {
        try {
            return HttpServer.create(new InetSocketAddress(port), 0);
        } catch (IOException e) {
            throw new Failure(Reason.WorkerError, "port " + port + " can't be listened on for HTTP: " + e, e);
        }
    }

    /**
     * Answers until closed.
     *
     * @param listening what {@link #listen} gave
     * @param bearer whoever asks for the progress or a checkpoint must send it
     * @param progress the last report
     * @param alive whether the worker gets anywhere
     * @param ready whether the worker has met its peers
     * @param checkpoint asks for a checkpoint, by the request's id or null if it has none
     * @param gang hears who is in it, and tells what happens to it
     */
    public static WorkerServer start(
            HttpServer listening,
            String bearer,
            Supplier<Progress> progress,
            BooleanSupplier alive,
            BooleanSupplier ready,
            Function<String, Answer> checkpoint,
            Gang gang) {
        var server = new WorkerServer(listening, bearer, progress, alive, ready, checkpoint, gang);
        server.server.setExecutor(server.threads);
        server.server.createContext("/", server::answer);
        server.server.start();
        return server;
    }

    /** The port that it listens on. */
    public int port() {
        return server.getAddress().getPort();
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            var path = exchange.getRequestURI().getPath();
            var method = switch (path) {
                case Contract.CHECKPOINT_PATH -> "POST";
                case Contract.MEMBERSHIP_PATH -> "PUT";
                default -> "GET";
            };
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
                case Contract.MEMBERSHIP_PATH -> answerMembership(exchange);
                case Contract.EVENTS_PATH -> answerEvents(exchange);
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

    private void answerMembership(HttpExchange exchange) throws IOException {
        if (!authorized(exchange)) {
            return;
        }
        switch (membership(exchange)) {
            case Told.Taken(int term) -> known(exchange, 200, term);
            case Told.Late(int term) -> known(exchange, 409, term);
            case Told.NotNow(int term) -> known(exchange, 503, term);
            case Told.Wrong(String sentence) -> reply(exchange, 400, "text/plain", sentence + "\n");
        }
    }

    private Told membership(HttpExchange exchange) throws IOException {
        var body = new String(exchange.getRequestBody().readNBytes(LONGEST), UTF_8);
        try {
            return gang.take(Json.read(body, Membership.class));
        } catch (IllegalArgumentException e) {
            return new Told.Wrong(e.getMessage());
        }
    }

    private static void known(HttpExchange exchange, int status, int term) throws IOException {
        reply(exchange, status, "application/json", Json.write(new Membership.Known(term)));
    }

    private void answerEvents(HttpExchange exchange) throws IOException {
        if (!authorized(exchange)) {
            return;
        }
        var query = exchange.getRequestURI().getQuery();
        var after = AFTER.matcher(query == null ? Contract.AFTER + "=0" : query);
        if (!after.matches()) {
            reply(exchange, 400, "text/plain", "the query must be " + Contract.AFTER + "= and a whole number\n");
            return;
        }
        held.register();
        try {
            var events = gang.after(Long.parseLong(after.group(1)), Duration.ofSeconds(Contract.EVENTS_SECONDS));
            reply(exchange, 200, "application/json", Json.write(events));
        } catch (InterruptedException e) {
            // The worker ends.
            Thread.currentThread().interrupt();
        } finally {
            // Only then is it sent.
            exchange.close();
            held.arriveAndDeregister();
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

    /** Closes, once whoever waits for events has got the last ones, for which it is given a moment. */
    @Override
    public void close() {
        try {
            held.awaitAdvanceInterruptibly(held.arrive(), 1, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (TimeoutException e) {
            // It doesn't read its answer.
        }
        server.stop(0);
        threads.shutdownNow();
    }
}
