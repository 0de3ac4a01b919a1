package dev.capstan.worker.route;

import dev.capstan.worker.serve.http.OneFlush;
import io.vertx.core.Vertx;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.PoolOptions;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Connections of one loop to replicas; of that loop's thread alone. Each replica has clients of its own, so that all
 * connections to one can be closed: requests on them fail at once then, instead of at their deadlines.
 */
final class Upstreams {
    private static final int HTTP1_CONNECTIONS = 1024;
    /** Streams share a connection up to the replica's limit; more connections are made beyond it. */
    private static final int HTTP2_CONNECTIONS = 8;
    /** Of an answer, what may be on its way while a client doesn't read. */
    private static final int WINDOW = 256 * 1024;
    /** Below the time after which common servers close idle connections, so that few are closed as they are used. */
    private static final int KEPT_SECONDS = 30;

    private final Vertx vertx;
    private final Duration connectTimeout;
    /** Where the next request goes. */
    private final Map<Replica, Pool> rest = new HashMap<>();

    private final Map<Replica, Pool> grpc = new HashMap<>();
    /** All that are open. */
    private final Set<Pool> open = new HashSet<>();
    /** Answers that wait for their clients, and where they come from. */
    private final Map<Answer, HttpConnection> paused = new HashMap<>();

    Upstreams(Vertx vertx, Duration connectTimeout) {
        this.vertx = vertx;
        this.connectTimeout = connectTimeout;
    }

    /** Connections to one replica by one protocol. */
    static final class Pool {
        private final Replica replica;
        private final Map<Replica, Pool> of;
        private final HttpClient client;
        private int under;

        private Pool(Replica replica, Map<Replica, Pool> of, HttpClient client) {
            this.replica = replica;
            this.of = of;
            this.client = client;
        }

        HttpClient client() {
            return client;
        }

        private boolean isCurrent() {
            return of.get(replica) == this;
        }
    }

    /** A request goes to a replica. Call {@link #done} for each call of this. */
    Pool begin(Replica replica, Wire wire) {
        var of = switch (wire) {
            case RestWire r -> rest;
            case GrpcWire g -> grpc;
        };
        var pool = of.computeIfAbsent(replica, each -> {
            var made = new Pool(each, of, client(wire));
            open.add(made);
            return made;
        });
        replica.began();
        pool.under++;
        return pool;
    }

    /** A request of {@link #begin} has ended, however. */
    void done(Pool pool) {
        pool.replica.ended();
        pool.under--;
        closeIfIdle(pool);
    }

    /** One of its connections broke. Others may be as dead, so the next requests go by new ones. */
    void broke(Pool pool) {
        pool.of.remove(pool.replica, pool);
        closeIfIdle(pool);
    }

    /** Closes connections to one that is lost now, to one that is merely no replica any more when they are idle. */
    void leave(Replica replica) {
        for (var pool : List.copyOf(open)) {
            if (pool.replica == replica) {
                if (replica.retired()) {
                    closeIfIdle(pool);
                } else {
                    close(pool);
                }
            }
        }
    }

    /** An answer isn't read on until its client has taken what has come. */
    void pauses(Answer answer, HttpConnection from) {
        paused.put(answer, from);
    }

    /** It is, or nobody wants it. */
    void goesOn(Answer answer) {
        paused.remove(answer);
    }

    private void saidGoodbye(HttpConnection connection) {
        for (var each : List.copyOf(paused.entrySet())) {
            if (each.getValue() == connection) {
                each.getKey().goOn();
            }
        }
    }

    private void closeIfIdle(Pool pool) {
        if (pool.under == 0 && (!pool.isCurrent() || pool.replica.retired())) {
            close(pool);
        }
    }

    private void close(Pool pool) {
        pool.of.remove(pool.replica, pool);
        if (open.remove(pool)) {
            pool.client.close();
        }
    }

    private HttpClient client(Wire wire) {
        return switch (wire) {
            case RestWire r ->
                client(vertx, common(), new PoolOptions().setHttp1MaxSize(HTTP1_CONNECTIONS), connection -> {});
            case GrpcWire g ->
                client(
                        vertx,
                        common().setProtocolVersion(HttpVersion.HTTP_2)
                                .setHttp2ClearTextUpgrade(false)
                                .setInitialSettings(new Http2Settings()
                                        .setMaxHeaderListSize(Loop.HEADERS)
                                        .setInitialWindowSize(WINDOW))
                                .setHttp2ConnectionWindowSize(16 * WINDOW)
                                .setHttp2KeepAliveTimeout(KEPT_SECONDS),
                        new PoolOptions().setHttp2MaxSize(HTTP2_CONNECTIONS),
                        connection -> connection.goAwayHandler(said -> saidGoodbye(connection)));
        };
    }

    /** A client that doesn't log what a replica's death looks like: those who asked hear of it. */
    static HttpClient client(
            Vertx vertx, HttpClientOptions options, PoolOptions pool, Consumer<HttpConnection> connected) {
        return vertx.httpClientBuilder()
                .with(options)
                .with(pool)
                .withConnectHandler(connection -> {
                    OneFlush.of(connection.exceptionHandler(heard -> {}));
                    connected.accept(connection);
                })
                .build();
    }

    private HttpClientOptions common() {
        return new HttpClientOptions()
                .setConnectTimeout((int) connectTimeout.toMillis())
                .setKeepAliveTimeout(KEPT_SECONDS)
                .setMaxHeaderSize(Loop.HEADERS)
                .setTcpNoDelay(true);
    }
}
