package dev.capstan.worker.route;

import static dev.capstan.worker.serve.http.Exchange.longest;

import dev.capstan.protocol.ServiceFile.Limits;
import dev.capstan.worker.route.Refusal.Kind;
import dev.capstan.worker.serve.RequestException;
import dev.capstan.worker.serve.http.Guard;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;
import java.util.Optional;

/** What is said of a request before its body has come. */
final class HeadCheck {
    private HeadCheck() {}

    /** Why it isn't read any further. */
    static Optional<Refusal> refusal(HttpServerRequest request, Wire wire, Guard guard) {
        var wrong = wire.wrong(request);
        if (wrong.isPresent() || wire.open(request)) {
            return wrong;
        }
        try {
            guard.check(request.getHeader("authorization"));
            return Optional.empty();
        } catch (RequestException e) {
            return Optional.of(new Refusal(Kind.UNAUTHENTICATED, e.getMessage()));
        }
    }

    /**
     * How long it may take: as long as the client says that it waits, or else as long as the service's limit is.
     *
     * @throws IllegalArgumentException if the client says nonsense
     */
    static Duration timeout(HttpServerRequest request, Wire wire, Limits limits) {
        var limit = Duration.ofMillis(limits.timeoutMillis());
        var own = wire.timeout(request);
        if (own == null) {
            return limit;
        }
        // As a replica has it, in which the same bound is kept.
        var longest = longest(limits.timeoutMillis());
        return own.compareTo(longest) > 0 ? longest : own;
    }
}
