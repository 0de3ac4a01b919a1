package dev.capstan.worker.route;

import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.net.impl.ConnectionBase;
import java.util.Optional;

/**
 * What a replica says of a connection that it is going to close: HTTP/2's GOAWAY (RFC 9113, 6.8). Netty is asked, for
 * {@code HttpClosedException.goAway} of Vert.x 4.5 reads what has been freed.
 */
final class Goodbye {
    private Goodbye() {}

    /** Whether it was said on this connection. */
    static boolean isSaid(HttpConnection connection) {
        return of(connection).filter(Http2Connection::goAwayReceived).isPresent();
    }

    /** Whether it was said that nothing is done of this request: one behind the last that is answered. */
    static boolean refuses(HttpClientRequest request) {
        return of(request.connection())
                .filter(Http2Connection::goAwayReceived)
                .filter(connection -> request.streamId() > connection.local().lastStreamKnownByPeer())
                .isPresent();
    }

    private static Optional<Http2Connection> of(HttpConnection connection) {
        return connection instanceof ConnectionBase base
                ? Optional.ofNullable(base.channel().pipeline().get(Http2ConnectionHandler.class))
                        .map(Http2ConnectionHandler::connection)
                : Optional.empty();
    }
}
