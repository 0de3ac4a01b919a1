package dev.capstan.worker.serve.http;

import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.impl.Http2ServerConnection;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The clients' connections, so that clients can be asked to go elsewhere. */
public final class Traffic {
    private final Set<HttpConnection> connections = ConcurrentHashMap.newKeySet();
    private volatile boolean leaving;

    /** Remembers a connection until it is closed. */
    void add(HttpConnection connection) {
        OneFlush.of(connection);
        connections.add(connection);
        connection.closeHandler(closed -> connections.remove(connection));
    }

    /** Whether each answer is the last one of its connection. */
    public boolean leaving() {
        return leaving;
    }

    /**
     * Asks clients to go elsewhere: those of HTTP/2 that are connected, now, those of HTTP/1.1 with their next answer.
     * Whatever they send here all the same is answered, so it is said long before connections are closed.
     */
    public void sayGoodbye() {
        leaving = true;
        connections.forEach(Traffic::sayGoodbye);
    }

    private static void sayGoodbye(HttpConnection connection) {
        if (connection instanceof Http2ServerConnection) {
            // Refuses nothing (RFC 9113, 6.8). Naming the last request that has come, as shutdown does, refuses what is
            // on its way; and of a body that follows such a request Netty makes an error of the connection, which ends
            // with all that is under way on it.
            connection.goAway(0, Integer.MAX_VALUE);
        }
    }
}
