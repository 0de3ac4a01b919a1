package dev.capstan.worker.serve.management;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.capstan.protocol.Contract;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.outcome.Failure;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import java.security.MessageDigest;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * The port for probes, metrics, and what the operator and replicas of the same revision ask and tell by their bearer.
 */
public final class ManagementServer {
    private static final int IDLE_SECONDS = 20;
    private static final String TEXT = "text/plain; charset=utf-8";

    private static final long LOOK_MILLIS = 20;

    private final Vertx vertx;
    private final HttpServer server;
    private final Supplier<String> bearer;
    private final PrometheusMeterRegistry meters;
    private final Supplier<String> stuck;
    private final Supplier<String> waiting;
    private final List<Route> routes;

    /**
     * What else is answered.
     *
     * @param path that is answered; or the beginning of such, if it ends with a slash
     * @param bearer whether only those are who send the operator's; if not, the handler looks after that
     */
    public record Route(String path, boolean bearer, Handler<HttpServerRequest> handler) {
        private boolean answers(String asked) {
            return path.endsWith("/") ? asked.startsWith(path) : asked.equals(path);
        }
    }

    private ManagementServer(
            Vertx vertx,
            Supplier<String> bearer,
            PrometheusMeterRegistry meters,
            Supplier<String> stuck,
            Supplier<String> waiting,
            List<Route> routes) {
        this.vertx = vertx;
        server = vertx.createHttpServer(new HttpServerOptions().setIdleTimeout(IDLE_SECONDS));
        this.bearer = bearer;
        this.meters = meters;
        this.stuck = stuck;
        this.waiting = waiting;
        this.routes = routes;
    }

    /**
     * Listens.
     *
     * @param port 0 for any free one
     * @param bearer of the operator, as it is at the time
     * @param stuck why the process had better be started anew, in words; null if it lives
     * @param waiting why clients shouldn't be sent here, in words; null if they may be
     * @param routes what else is answered
     * @throws Failure WorkerError if the port is taken
     */
    public static ManagementServer start(
            Vertx vertx,
            int port,
            Supplier<String> bearer,
            PrometheusMeterRegistry meters,
            Supplier<String> stuck,
            Supplier<String> waiting,
            List<Route> routes) {
        var management = new ManagementServer(vertx, bearer, meters, stuck, waiting, routes);
        try {
            management
                    .server
                    .requestHandler(management::answer)
                    .listen(port)
                    .toCompletionStage()
                    .toCompletableFuture()
                    .get();
            return management;
        } catch (ExecutionException e) {
            throw new Failure(
                    Reason.WorkerError, "port " + port + " can't be listened on: " + e.getCause(), e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Failure(Reason.WorkerError, "interrupted while port " + port + " was to be opened", e);
        }
    }

    /** The port. */
    public int port() {
        return server.actualPort();
    }

    private void answer(HttpServerRequest request) {
        var path = request.path();
        switch (path) {
            case Contract.LIVE_PATH -> {
                if (request.uri().equals(Contract.START_PATH)) {
                    liveOnceReady(request, System.nanoTime());
                } else {
                    live(request);
                }
            }
            case Contract.READY_PATH -> {
                var reason = waiting.get();
                probe(request, reason == null ? 200 : 503, reason == null ? "ready\n" : reason + "\n");
            }
            case Contract.METRICS_PATH -> probe(request, 200, meters.scrape());
            default -> {
                var route = routes.stream().filter(each -> each.answers(path)).findFirst();
                if (route.isEmpty()) {
                    reply(request, 404, TEXT, "no such path\n");
                } else if (!route.get().bearer() || authorized(request)) {
                    route.get().handler().handle(request);
                }
            }
        }
    }

    private void live(HttpServerRequest request) {
        var reason = stuck.get();
        probe(request, reason == null ? 200 : 503, reason == null ? "alive\n" : reason + "\n");
    }

    private void liveOnceReady(HttpServerRequest request, long since) {
        boolean over = System.nanoTime() - since >= TimeUnit.SECONDS.toNanos(Contract.START_SECONDS);
        if (over || waiting.get() == null || stuck.get() != null) {
            live(request);
        } else if (!request.response().closed()) {
            vertx.setTimer(LOOK_MILLIS, look -> liveOnceReady(request, since));
        }
    }

    private static void probe(HttpServerRequest request, int status, String text) {
        if (request.method() == HttpMethod.GET || request.method() == HttpMethod.HEAD) {
            reply(request, status, TEXT, text);
        } else {
            request.response().putHeader("Allow", "GET, HEAD");
            reply(request, 405, TEXT, "only GET is answered here\n");
        }
    }

    /** Refuses who doesn't know the bearer. */
    private boolean authorized(HttpServerRequest request) {
        var sent = request.getHeader("Authorization");
        // In constant time, so that it can't be guessed byte by byte.
        if (sent == null || !MessageDigest.isEqual(sent.getBytes(UTF_8), ("Bearer " + bearer.get()).getBytes(UTF_8))) {
            request.response().putHeader("WWW-Authenticate", "Bearer");
            reply(request, 401, TEXT, "the operator's bearer is needed\n");
            return false;
        }
        return true;
    }

    /** Answers a text. */
    public static void reply(HttpServerRequest request, int status, String type, String text) {
        request.response().setStatusCode(status).putHeader("Content-Type", type);
        if (request.method() == HttpMethod.HEAD) {
            request.response().end();
        } else {
            request.response().end(text);
        }
    }

    /** Ends it. */
    public void close() {
        server.close();
    }
}
