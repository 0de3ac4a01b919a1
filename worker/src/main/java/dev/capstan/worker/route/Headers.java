package dev.capstan.worker.route;

import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;

/** Which headers of a request and an answer are passed on, and which are added. */
final class Headers {
    /** Of one connection, not of the request (RFC 9110, 7.6.1), or worked out anew for the other side. */
    private static final Set<String> OF_THE_CONNECTION = Set.of(
            "connection",
            "keep-alive",
            "proxy-connection",
            "proxy-authenticate",
            "proxy-authorization",
            "te",
            "trailer",
            "transfer-encoding",
            "upgrade",
            "http2-settings",
            "expect",
            "host");

    private Headers() {}

    /** Copies what a client sent; the body's length is left out, for it is sent as what came. */
    static void request(HttpServerRequest from, MultiMap to) {
        var named = named(from.headers());
        for (var header : from.headers()) {
            var name = header.getKey();
            if (passes(name, named) && !name.equalsIgnoreCase("content-length")) {
                to.add(name, header.getValue());
            }
        }
        if (from.version() == HttpVersion.HTTP_2) {
            // A client may split its cookies in HTTP/2 alone (RFC 9113, 8.2.3).
            var cookies = from.headers().getAll("cookie");
            if (cookies.size() > 1) {
                to.set("cookie", String.join("; ", cookies));
            }
        }
        forwarded(from, to);
    }

    /** Copies what a replica answered, with the body's length. */
    static void answer(MultiMap from, MultiMap to) {
        var named = named(from);
        for (var header : from) {
            if (passes(header.getKey(), named)) {
                to.add(header.getKey(), header.getValue());
            }
        }
    }

    private static void forwarded(HttpServerRequest from, MultiMap to) {
        var client = from.remoteAddress().hostAddress();
        if (client != null) {
            var before = to.getAll("x-forwarded-for");
            to.set("x-forwarded-for", before.isEmpty() ? client : String.join(", ", before) + ", " + client);
        }
        if (!to.contains("x-forwarded-proto")) {
            to.set("x-forwarded-proto", from.isSSL() ? "https" : "http");
        }
        var authority = from.authority();
        if (authority != null && !to.contains("x-forwarded-host")) {
            to.set("x-forwarded-host", authority.toString());
        }
    }

    private static boolean passes(String name, Set<String> named) {
        var lower = name.toLowerCase(Locale.ROOT);
        return !lower.startsWith(":") && !OF_THE_CONNECTION.contains(lower) && !named.contains(lower);
    }

    /** Headers that {@code Connection} names are of the connection too. */
    private static Set<String> named(MultiMap headers) {
        if (!headers.contains("connection")) {
            return Set.of();
        }
        var names = new HashSet<String>();
        for (var value : headers.getAll("connection")) {
            for (var name : value.split(",")) {
                names.add(name.strip().toLowerCase(Locale.ROOT));
            }
        }
        // These say how long the body is, whatever somebody says of the connection.
        names.remove("content-length");
        return names;
    }
}
