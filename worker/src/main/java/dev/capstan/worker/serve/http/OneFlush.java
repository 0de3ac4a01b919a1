package dev.capstan.worker.serve.http;

import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.flush.FlushConsolidationHandler;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.net.impl.ConnectionBase;

/**
 * Has all that an event loop writes to an HTTP/2 connection in one go leave by one system call. Vert.x flushes after
 * the data of an answer and again after its trailers, which gRPC always has: each wakes whoever reads at the other end.
 */
public final class OneFlush {
    /** Flushes that are put together at most: answers of one go. */
    private static final int MOST = 64;

    private OneFlush() {}

    /** From now on, for a connection that has just come to be; one of HTTP/1.1 is left as it is. */
    public static void of(HttpConnection connection) {
        if (connection instanceof ConnectionBase base) {
            var pipeline = base.channel().pipeline();
            if (pipeline.get(Http2ConnectionHandler.class) != null) {
                pipeline.addFirst(new FlushConsolidationHandler(MOST, true));
            }
        }
    }
}
