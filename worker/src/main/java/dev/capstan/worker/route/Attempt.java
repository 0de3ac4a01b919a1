package dev.capstan.worker.route;

import dev.capstan.worker.route.Refusal.Kind;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.http.StreamResetException;
import io.vertx.core.net.SocketAddress;

/** One request's try at one replica. Of the loop's thread. */
final class Attempt {
    /** Code of HTTP/2 by which a stream is given up. */
    private static final long CANCEL = 8;

    private final Exchange exchange;
    private final Loop loop;
    private final Wire wire;
    private final Replica replica;
    private final long began = System.nanoTime();

    private Upstreams.Pool pool;
    private HttpClientRequest asked;
    private Answer answer;
    private boolean reached;
    private boolean over;

    Attempt(Exchange exchange, Loop loop, Wire wire, Replica replica) {
        this.exchange = exchange;
        this.loop = loop;
        this.wire = wire;
        this.replica = replica;
    }

    void start() {
        int port = loop.port(wire);
        var request = exchange.request();
        pool = loop.upstreams().begin(replica, wire);
        pool.client()
                .request(new RequestOptions()
                        .setServer(SocketAddress.inetSocketAddress(port, replica.address()))
                        // Not the client's: connections are kept by this name, and all requests are to share them.
                        .setHost(replica.host())
                        .setPort(port)
                        .setMethod(request.method())
                        .setURI(request.uri()))
                .compose(this::send)
                .onSuccess(this::answered)
                .onFailure(this::failed);
    }

    private Future<HttpClientResponse> send(HttpClientRequest connected) {
        asked = connected;
        // Who waits for the answer hears of it too.
        asked.exceptionHandler(heard -> {});
        if (over) {
            asked.reset(CANCEL);
            return Future.failedFuture("cancelled");
        }
        var request = exchange.request();
        var headers = asked.headers();
        Headers.request(request, headers);
        wire.mark(request, headers);
        wire.timeout(headers, Math.max(1, exchange.leftMillis()));
        reached = true;
        var body = exchange.body().buffer();
        if (body != null) {
            return asked.send(body);
        }
        return request.getHeader("content-length") == null ? asked.send() : asked.send(Buffer.buffer());
    }

    private void answered(HttpClientResponse came) {
        if (!over) {
            replica.answered();
            if (wire.unavailable(came) && elsewhere()) {
                // The rest of it is read and forgotten, and the connection used again.
                came.handler(part -> {});
                return;
            }
            answer = new Answer(exchange, this, loop, wire, came);
        }
    }

    /** The replica says that it takes no requests; whether another try follows. */
    boolean elsewhere() {
        loop.replicas().doubt(replica);
        if (!exchange.mayTryAgain(true)) {
            return false;
        }
        close();
        exchange.tryAgain("unavailable", true);
        return true;
    }

    /** Nothing of an answer was passed on, and none will come from there. */
    void failed(Throwable cause) {
        if (over) {
            return;
        }
        close();
        if (cause instanceof IllegalArgumentException) {
            // Not the replica's fault: the request can't be written as HTTP.
            if (asked != null) {
                asked.reset(CANCEL);
            }
            exchange.refuse(Kind.INVALID, "the request can't be passed on: " + cause.getMessage());
            return;
        }
        boolean refused = isRefused(cause);
        boolean unheard = !reached || refused;
        if (refused || cause instanceof StreamResetException) {
            loop.replicas().doubt(replica);
        } else {
            loop.upstreams().broke(pool);
            loop.replicas().failed(replica, reached ? "a connection broke: " + cause.getMessage() : cause.getMessage());
        }
        if (exchange.mayTryAgain(!unheard)) {
            exchange.tryAgain(unheard ? "refused" : "broken", !unheard);
        } else if (unheard || wire.repeatable(exchange.request())) {
            exchange.refuse(Kind.UNAVAILABLE, "replica " + replica + " didn't answer: " + cause.getMessage());
        } else {
            exchange.refuse(
                    Kind.BROKEN,
                    "replica " + replica + " didn't answer, and may have done what was asked: " + cause.getMessage());
        }
    }

    /**
     * Whether nothing has been done of it, by the replica's word or because it was never sent: it may be asked for
     * again whatever it is (RFC 9113, 6.8 and 8.7).
     */
    private boolean isRefused(Throwable cause) {
        return switch (cause) {
            case StreamResetException reset -> reset.getCode() == Http2Error.REFUSED_STREAM.code();
            // The replica said goodbye before this one was sent.
            case Http2Exception unsent -> unsent.error() == Http2Error.REFUSED_STREAM;
            default -> asked != null && Goodbye.refuses(asked);
        };
    }

    /** Something of an answer has come. */
    void progress() {
        replica.answered();
    }

    /** It has ended at the replica, however. @return nanoseconds that it took */
    long close() {
        if (!over) {
            over = true;
            if (answer != null) {
                loop.upstreams().goesOn(answer);
            }
            loop.upstreams().done(pool);
        }
        return System.nanoTime() - began;
    }

    /** Nobody wants the answer any more. */
    void cancel() {
        if (!over) {
            close();
            if (asked != null) {
                asked.reset(CANCEL);
            }
        }
    }

    boolean over() {
        return over;
    }

    /** Null before its head has come. */
    Answer answer() {
        return answer;
    }
}
