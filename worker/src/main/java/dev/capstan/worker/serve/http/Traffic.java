package dev.capstan.worker.serve.http;

import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.impl.Http2ServerConnection;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** The clients' connections, so that they can be told when no more is answered on them. */
public final class Traffic {
    private final Set<HttpConnection> connections = ConcurrentHashMap.newKeySet();
    private volatile Duration draining;

    /** Remembers a connection until it is closed. */
    void add(HttpConnection connection) {
        OneFlush.of(connection);
        connections.add(connection);
        connection.closeHandler(closed -> connections.remove(connection));
        if (draining != null) {
            leave(connection);
        }
    }

    /** Whether each answer is the last one of its connection. */
    public boolean draining() {
        return draining != null;
    }

    /**
     * From now on: HTTP/2's clients are told to go away, which what they have asked outlives; HTTP/1.1's are told with
     * the next answer.
     *
     * @param patience how long answers may take
     */
    public void drain(Duration patience) {
        draining = patience;
        connections.forEach(this::leave);
    }

    private void leave(HttpConnection connection) {
        // HTTP/1.1 has no such message: shutdown would cut the connection off.
        if (connection instanceof Http2ServerConnection) {
            connection.shutdown(draining.toMillis(), TimeUnit.MILLISECONDS);
        }
    }
}
