package dev.capstan.worker.serve.rest;

import dev.capstan.worker.serve.http.Site;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpServerRequest;

/** Answers the protocol by REST, and the page. */
public final class RestHandler implements Handler<HttpServerRequest> {
    /** The page, which is at the root too: it needs no token, for it is what asks people for it. */
    public static final String PAGE = RestPath.PAGE;

    /** Whether what a path asks for changes something here, so that it mustn't be done twice. */
    public static boolean changes(String path) {
        return switch (RestPath.of(path)) {
            case RestPath.Load load -> true;
            case RestPath.Unload unload -> true;
            default -> false;
        };
    }

    private final Site site;

    public RestHandler(Site site) {
        this.site = site;
    }

    @Override
    public void handle(HttpServerRequest request) {
        new RestExchange(site, request).begin();
    }
}
