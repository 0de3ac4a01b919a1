package dev.capstan.worker.serve.rest;

import dev.capstan.worker.serve.http.Site;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpServerRequest;

/** Answers the protocol by REST, and the page. */
public final class RestHandler implements Handler<HttpServerRequest> {
    /** The page, which is at the root too: it needs no token, for it is what asks people for it. */
    public static final String PAGE = RestPath.PAGE;

    private final Site site;

    public RestHandler(Site site) {
        this.site = site;
    }

    @Override
    public void handle(HttpServerRequest request) {
        new RestExchange(site, request).begin();
    }
}
