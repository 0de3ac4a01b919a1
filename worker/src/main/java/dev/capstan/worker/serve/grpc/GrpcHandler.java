package dev.capstan.worker.serve.grpc;

import dev.capstan.worker.serve.http.Site;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpServerRequest;

/**
 * Answers the protocol by gRPC. Its calls have one message each way, so that a call is a request of HTTP/2 with a frame
 * of five bytes and a status behind: read, bounded, timed and drained as REST's are.
 */
public final class GrpcHandler implements Handler<HttpServerRequest> {
    private final Site site;

    public GrpcHandler(Site site) {
        this.site = site;
    }

    @Override
    public void handle(HttpServerRequest request) {
        new GrpcExchange(site, request).begin();
    }
}
