package dev.capstan.worker.route;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import dev.capstan.worker.serve.rest.RestHandler;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Pattern;

/** The protocol's REST. */
final class RestWire implements Wire {
    /** Header by which a client says how many seconds it will wait. */
    static final String TIMEOUT = "request-timeout";

    private static final Pattern SECONDS = Pattern.compile("[0-9]{1,9}(\\.[0-9]{1,9})?");
    private static final int UNAVAILABLE = 503;
    /** How long a client may go on sending what isn't read any more, so that it gets to see the answer. */
    private static final int LINGER_MILLIS = 1000;

    @Override
    public String name() {
        return "rest";
    }

    @Override
    public Optional<Refusal> wrong(HttpServerRequest request) {
        if (request.method().equals(HttpMethod.CONNECT)) {
            return Optional.of(new Refusal(Refusal.Kind.METHOD, "this is no proxy for other servers"));
        }
        if (!request.uri().startsWith("/") && !request.uri().equals("*")) {
            return Optional.of(new Refusal(Refusal.Kind.INVALID, "the path must begin with /"));
        }
        return Optional.empty();
    }

    /** The page, on which the token is typed in. */
    @Override
    public boolean open(HttpServerRequest request) {
        var path = request.path();
        return path != null && (path.equals("/") || path.equals(RestHandler.PAGE));
    }

    @Override
    public Duration timeout(HttpServerRequest request) {
        var text = request.getHeader(TIMEOUT);
        if (text == null) {
            return null;
        }
        if (!SECONDS.matcher(text).matches()) {
            throw new IllegalArgumentException(
                    "header Request-Timeout is \"" + text + "\"; it must be a number of seconds, such as 2.5");
        }
        return Duration.ofMillis((long) Math.ceil(Double.parseDouble(text) * 1000));
    }

    @Override
    public void timeout(MultiMap headers, long millis) {
        // Three digits behind the point.
        headers.set(
                TIMEOUT,
                millis / 1000 + "." + Long.toString(1000 + millis % 1000).substring(1));
    }

    /** All that the protocol has but loading and unloading; of other paths, what HTTP calls safe. */
    @Override
    public boolean repeatable(HttpServerRequest request) {
        var method = request.method();
        if (method.equals(HttpMethod.GET) || method.equals(HttpMethod.HEAD) || method.equals(HttpMethod.OPTIONS)) {
            return true;
        }
        var path = request.path();
        return method.equals(HttpMethod.POST)
                && path != null
                && path.startsWith("/v2/")
                // As the replica reads it, for a path can be written in many ways.
                && !RestHandler.changes(path);
    }

    @Override
    public boolean aboutNow(HttpServerRequest request) {
        var path = request.path();
        return request.method().equals(HttpMethod.GET)
                && path != null
                && path.startsWith("/v2/")
                && (path.endsWith("/ready") || path.endsWith("/live"));
    }

    @Override
    public boolean comesWhole(HttpServerRequest request, HttpClientResponse answer) {
        var length = answer.getHeader("content-length");
        return length == null
                ? request.method().equals(HttpMethod.HEAD) || answer.statusCode() == 204 || answer.statusCode() == 304
                : length.length() < 10 && Long.parseLong(length) <= Tuning.WHOLE_ANSWER;
    }

    @Override
    public boolean unavailable(HttpClientResponse answer) {
        return answer.statusCode() == UNAVAILABLE;
    }

    @Override
    public boolean unavailableAtLast(HttpClientResponse answer) {
        return false;
    }

    @Override
    public void mark(HttpServerRequest request, MultiMap headers) {
        var authority = request.authority();
        if (authority != null) {
            headers.set("host", authority.toString());
        }
    }

    @Override
    public Future<Void> refuse(HttpServerRequest request, Refusal refusal) {
        var response = request.response();
        var kind = refusal.kind();
        response.setStatusCode(kind.http()).putHeader("content-type", "application/json");
        if (kind.again()) {
            response.putHeader("retry-after", "1");
        }
        if (kind == Refusal.Kind.UNAUTHENTICATED) {
            response.putHeader("www-authenticate", "Bearer");
        }
        var text =
                "{\"error\":\"" + new String(JsonStringEncoder.getInstance().quoteAsString(refusal.message())) + "\"}";
        boolean bodiless = request.version() != HttpVersion.HTTP_2
                && request.getHeader("transfer-encoding") == null
                && (request.getHeader("content-length") == null
                        || request.getHeader("content-length").equals("0"));
        if (request.isEnded() || bodiless) {
            return response.end(text);
        }
        if (request.version() == HttpVersion.HTTP_2) {
            // Nothing more is wanted of the body.
            return response.end(text).onSuccess(sent -> response.reset(0));
        }
        // What follows can't be told from the rest of the body. Cut at once, the answer might be lost on its way.
        response.putHeader("connection", "close");
        request.handler(part -> {});
        Vertx.currentContext()
                .owner()
                .setTimer(LINGER_MILLIS, late -> request.connection().close());
        return response.end(text);
    }

    @Override
    public void broken(HttpServerResponse response, String why) {
        // Of HTTP/1.1 the connection is closed: without that, an answer in chunks would look whole.
        response.reset(2);
    }

    @Override
    public String status(HttpClientResponse answer) {
        return Integer.toString(answer.statusCode());
    }

    @Override
    public String status(Refusal.Kind kind) {
        return Integer.toString(kind.http());
    }
}
