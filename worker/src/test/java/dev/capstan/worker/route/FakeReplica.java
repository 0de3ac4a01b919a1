package dev.capstan.worker.route;

import dev.capstan.protocol.Contract;
import dev.capstan.worker.serve.http.Listener;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** A replica as a router sees it: real ports at a loopback address of its own, and answers that a test chooses. */
final class FakeReplica implements AutoCloseable {
    /** Echoes the body, and says who has. */
    static final Handler<Asked> ECHO = asked -> asked.answer(asked.body());

    private final Vertx vertx;
    private final String address;
    private final List<HttpServer> servers = new ArrayList<>();
    final AtomicInteger asked = new AtomicInteger();
    final AtomicInteger probed = new AtomicInteger();
    volatile boolean ready = true;
    /** Whether probes get no answer. */
    volatile boolean hang;

    volatile Handler<Asked> behaviour = ECHO;
    private Ports ports;

    /** @param ports 0 for any free one */
    FakeReplica(Vertx vertx, String address, Ports ports) {
        this.vertx = vertx;
        this.address = address;
        this.ports = ports;
        start();
    }

    /** A request that has come whole. */
    record Asked(FakeReplica by, HttpServerRequest request, Buffer body) {
        boolean grpc() {
            return "application/grpc".equals(request.getHeader("content-type"));
        }

        /** Answers well. */
        void answer(Buffer with) {
            var response = request.response().putHeader("by", by.address);
            if (grpc()) {
                response.putHeader("content-type", "application/grpc").putTrailer("grpc-status", "0");
            }
            response.end(with);
        }

        /** Says that another replica should be asked. */
        void unavailable() {
            if (grpc()) {
                request.response()
                        .putHeader("content-type", "application/grpc")
                        .putHeader("grpc-status", "14")
                        .end();
            } else {
                request.response().setStatusCode(503).end("{\"error\":\"draining\"}");
            }
        }
    }

    /** Listens, again after {@link #kill}. */
    void start() {
        int rest = listen(ports.rest(), this::take);
        int grpc = listen(ports.grpc(), this::take);
        int management = listen(ports.management(), request -> {
            probed.incrementAndGet();
            if (hang) {
                return;
            }
            boolean is = ready && request.path().equals(Contract.READY_PATH);
            request.response().setStatusCode(is ? 200 : 503).end();
        });
        ports = new Ports(rest, grpc, management);
    }

    private int listen(int port, Handler<HttpServerRequest> handler) {
        var server = vertx.createHttpServer(new HttpServerOptions()
                        .setMaxHeaderSize(Listener.HEADERS)
                        .setInitialSettings(new Http2Settings().setMaxHeaderListSize(Listener.HEADERS))
                        .setHttp2RstFloodMaxRstFramePerWindow(100_000))
                .requestHandler(handler);
        servers.add(server);
        return server.listen(port, address)
                .toCompletionStage()
                .toCompletableFuture()
                .join()
                .actualPort();
    }

    private void take(HttpServerRequest request) {
        asked.incrementAndGet();
        request.body().onSuccess(body -> behaviour.handle(new Asked(this, request, body)));
    }

    /** Closes all ports and connections at once. */
    void kill() {
        servers.forEach(server ->
                server.close().toCompletionStage().toCompletableFuture().join());
        servers.clear();
    }

    String address() {
        return address;
    }

    Ports ports() {
        return ports;
    }

    Vertx vertx() {
        return vertx;
    }

    @Override
    public void close() {
        kill();
    }
}
