package dev.capstan.worker.route;

import static dev.capstan.worker.serve.http.Exchange.longest;

import dev.capstan.protocol.ServiceFile.Limits;
import dev.capstan.worker.serve.http.Guard;
import dev.capstan.worker.serve.http.Listener;
import dev.capstan.worker.serve.http.OneFlush;
import io.vertx.core.AbstractVerticle;
import io.vertx.core.Context;
import io.vertx.core.Promise;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** One event loop: connections of clients, those to replicas, and the requests that wait. All on one thread. */
final class Loop extends AbstractVerticle {
    /** Bytes that the headers of a request or answer may take: fewer than at a replica, for a router adds some. */
    static final int HEADERS = Listener.HEADERS - 8 * 1024;

    private static final int STREAMS = 1000;
    private static final int WINDOW = 1024 * 1024;
    /** Clients whose deadlines are short cancel much; the default, 200 in 30 s, would cut them off. */
    private static final int RESETS_IN_30_S = 30_000;

    private static final int HELD_AGAIN_MILLIS = 50;

    private final Router router;
    private final Ports listen;
    private final Set<HttpConnection> http2 = new HashSet<>();
    private final ArrayDeque<Exchange> held = new ArrayDeque<>();
    private final Wire rest = new RestWire();
    private final Wire grpc = new GrpcWire();
    private Upstreams upstreams;
    private HttpServer restServer;
    private HttpServer grpcServer;
    private long heldTimer = -1;

    /** @param listen where; 0 for any free port, the same for all loops */
    Loop(Router router, Ports listen) {
        this.router = router;
        this.listen = listen;
    }

    @Override
    public void start(Promise<Void> started) {
        upstreams = new Upstreams(vertx, router.tuning().probeTimeout());
        restServer = server(rest);
        grpcServer = server(grpc);
        // Instances that listen on one negative port share a free one.
        restServer
                .listen(listen.rest() == 0 ? -1 : listen.rest())
                .compose(listens -> grpcServer.listen(listen.grpc() == 0 ? -2 : listen.grpc()))
                .<Void>mapEmpty()
                .onComplete(started);
    }

    private HttpServer server(Wire wire) {
        var options = new HttpServerOptions()
                .setMaxHeaderSize(HEADERS)
                .setMaxInitialLineLength(HEADERS / 2)
                .setTcpNoDelay(true)
                .setHttp2RstFloodMaxRstFramePerWindow(RESETS_IN_30_S)
                .setInitialSettings(new Http2Settings()
                        .setMaxConcurrentStreams(STREAMS)
                        .setMaxHeaderListSize(HEADERS)
                        .setInitialWindowSize(WINDOW))
                .setHttp2ConnectionWindowSize(4 * WINDOW)
                // Longer than any deadline, for it counts while a request is under way too.
                .setIdleTimeoutUnit(TimeUnit.SECONDS)
                .setIdleTimeout((int) (15 + longest(limits().timeoutMillis()).toSeconds()));
        router.tls().ifPresent(tls -> options.setSsl(true).setUseAlpn(true).setKeyCertOptions(tls));
        return vertx.createHttpServer(options)
                // A client that goes in the midst of something is no news.
                .exceptionHandler(heard -> {})
                .connectionHandler(connection -> OneFlush.of(connection.exceptionHandler(heard -> {})))
                .requestHandler(request -> new Exchange(this, wire, request).start());
    }

    /** Lets a request wait until a replica is ready; false if too many do already. */
    boolean hold(Exchange exchange) {
        if (!router.held().enter()) {
            return false;
        }
        held.add(exchange);
        if (heldTimer < 0) {
            // A replica's room may have come by what another loop has seen.
            heldTimer = vertx.setPeriodic(HELD_AGAIN_MILLIS, id -> release());
        }
        return true;
    }

    /** It needn't wait any more; whether it did. */
    boolean letGo(Exchange exchange) {
        if (!held.remove(exchange)) {
            return false;
        }
        router.held().leave();
        return true;
    }

    /** A replica may have room for requests that wait. */
    void release() {
        // All at once would be more than it lets wait.
        int most = Math.clamp(limits().queue(), 1, Tuning.RELEASED);
        while (!held.isEmpty() && replicas().anyBelow(most)) {
            router.held().leave();
            held.remove().released();
        }
        if (held.isEmpty() && heldTimer >= 0) {
            vertx.cancelTimer(heldTimer);
            heldTimer = -1;
        }
    }

    /** Clients are to look for another router; what they have asked is answered. */
    void sayGoodbye() {
        http2.forEach(connection -> connection.goAway(0, Integer.MAX_VALUE));
    }

    /** Of an answer whose client is to look for another router: its connection is used no more. */
    void closing(HttpServerResponse response, HttpServerRequest request) {
        if (router.draining() && request.version() != HttpVersion.HTTP_2) {
            response.putHeader("connection", "close");
        }
    }

    /** A request has begun to come. */
    void began(HttpServerRequest request) {
        router.inFlight().incrementAndGet();
        if (request.version() == HttpVersion.HTTP_2 && http2.add(request.connection())) {
            request.connection().closeHandler(closed -> http2.remove(request.connection()));
        }
    }

    /** It is answered, to the last byte, or nobody wants an answer. */
    void ended(HttpServerRequest request) {
        router.inFlight().decrementAndGet();
        if (router.draining() && request.version() != HttpVersion.HTTP_2) {
            request.connection().close();
        }
        if (!held.isEmpty()) {
            release();
        }
    }

    long timer(long millis, Runnable then) {
        return vertx.setTimer(Math.max(1, millis), id -> then.run());
    }

    void cancel(long timer) {
        vertx.cancelTimer(timer);
    }

    Context context() {
        return context;
    }

    /** Where replicas listen for a protocol. */
    int port(Wire wire) {
        return switch (wire) {
            case RestWire rest -> router.replicaPorts().rest();
            case GrpcWire grpc -> router.replicaPorts().grpc();
        };
    }

    /** Where this one listens. */
    Ports listens() {
        return new Ports(restServer.actualPort(), grpcServer.actualPort(), 0);
    }

    Upstreams upstreams() {
        return upstreams;
    }

    Replicas replicas() {
        return router.replicas();
    }

    Limits limits() {
        return router.limits();
    }

    BufferedBytes buffered() {
        return router.buffered();
    }

    RetryBudget budget() {
        return router.budget();
    }

    Guard guard() {
        return router.guard();
    }

    Meters meters() {
        return router.meters();
    }
}
