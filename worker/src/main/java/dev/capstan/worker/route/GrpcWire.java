package dev.capstan.worker.route;

import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The protocol's gRPC, by its HTTP/2 alone: no message is decoded.
 *
 * @see <a href="https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md">gRPC over HTTP2</a>
 */
final class GrpcWire implements Wire {
    private static final String TIMEOUT = "grpc-timeout";
    private static final String STATUS = "grpc-status";
    private static final String MESSAGE = "grpc-message";
    /** Clients bound their trailers, most at 8 KiB. */
    private static final int LONGEST_MESSAGE = 2048;

    private static final String UNAVAILABLE = "14";
    private static final String CONTENT_TYPE = "application/grpc";
    private static final Pattern TIME = Pattern.compile("([0-9]{1,8})([HMSmun])");
    private static final String SERVICE = "/inference.GRPCInferenceService/";
    private static final String HEALTH = "/grpc.health.v1.Health/";
    /** Names of statuses, by their numbers. */
    private static final List<String> STATUSES = List.of(
            "OK",
            "CANCELLED",
            "UNKNOWN",
            "INVALID_ARGUMENT",
            "DEADLINE_EXCEEDED",
            "NOT_FOUND",
            "ALREADY_EXISTS",
            "PERMISSION_DENIED",
            "RESOURCE_EXHAUSTED",
            "FAILED_PRECONDITION",
            "ABORTED",
            "OUT_OF_RANGE",
            "UNIMPLEMENTED",
            "INTERNAL",
            "UNAVAILABLE",
            "DATA_LOSS",
            "UNAUTHENTICATED");

    private static final Map<String, String> NUMBERED =
            IntStream.range(0, STATUSES.size()).boxed().collect(Collectors.toMap(String::valueOf, STATUSES::get));
    /** Whatever else the protocol has changes nothing. */
    private static final Set<String> CHANGES =
            Set.of(SERVICE + "RepositoryModelLoad", SERVICE + "RepositoryModelUnload");

    private static final Set<String> ABOUT_NOW = Set.of(
            SERVICE + "ServerLive",
            SERVICE + "ServerReady",
            SERVICE + "ModelReady",
            HEALTH + "Check",
            HEALTH + "Watch");
    /** Whose answer is one message: all but these. */
    private static final Set<String> STREAMS = Set.of(SERVICE + "ModelStreamInfer", HEALTH + "Watch");

    @Override
    public String name() {
        return "grpc";
    }

    @Override
    public Optional<Refusal> wrong(HttpServerRequest request) {
        var type = request.getHeader("content-type");
        if (request.version() != HttpVersion.HTTP_2
                || !request.method().equals(HttpMethod.POST)
                || type == null
                || !type.toLowerCase(Locale.ROOT).startsWith(CONTENT_TYPE)) {
            return Optional.of(new Refusal(
                    Refusal.Kind.PROTOCOL,
                    "this port is for gRPC: POST over HTTP/2 with content-type application/grpc"));
        }
        return Optional.empty();
    }

    @Override
    public boolean open(HttpServerRequest request) {
        return false;
    }

    @Override
    public Duration timeout(HttpServerRequest request) {
        var text = request.getHeader(TIMEOUT);
        if (text == null) {
            return null;
        }
        var time = TIME.matcher(text);
        if (!time.matches()) {
            throw new IllegalArgumentException(
                    "grpc-timeout is \"" + text + "\"; it must be up to 8 digits and one of H, M, S, m, u, n");
        }
        long value = Long.parseLong(time.group(1));
        return switch (time.group(2).charAt(0)) {
            case 'H' -> Duration.ofHours(value);
            case 'M' -> Duration.ofMinutes(value);
            case 'S' -> Duration.ofSeconds(value);
            case 'm' -> Duration.ofMillis(value);
            case 'u' -> Duration.ofNanos(value * 1000);
            case 'n' -> Duration.ofNanos(value);
            default -> throw new AssertionError("no other matches");
        };
    }

    @Override
    public void timeout(MultiMap headers, long millis) {
        headers.set(TIMEOUT, millis + "m");
    }

    @Override
    public boolean repeatable(HttpServerRequest request) {
        var path = request.path();
        return path != null && (path.startsWith(HEALTH) || path.startsWith(SERVICE) && !CHANGES.contains(path));
    }

    @Override
    public boolean aboutNow(HttpServerRequest request) {
        return ABOUT_NOW.contains(request.path());
    }

    @Override
    public boolean comesWhole(HttpServerRequest request, HttpClientResponse answer) {
        return repeatable(request) && !STREAMS.contains(request.path());
    }

    @Override
    public boolean unavailable(HttpClientResponse answer) {
        return UNAVAILABLE.equals(answer.getHeader(STATUS)) || answer.statusCode() == 503;
    }

    @Override
    public boolean unavailableAtLast(HttpClientResponse answer) {
        return UNAVAILABLE.equals(answer.trailers().get(STATUS));
    }

    @Override
    public void mark(HttpServerRequest request, MultiMap headers) {
        headers.set("te", "trailers");
    }

    @Override
    public Future<Void> refuse(HttpServerRequest request, Refusal refusal) {
        var response = request.response();
        if (refusal.kind() == Refusal.Kind.PROTOCOL) {
            response.setStatusCode(refusal.kind().http()).putHeader("content-type", "text/plain");
            return response.end(refusal.message() + "\n").onComplete(sent -> {
                if (request.version() != HttpVersion.HTTP_2) {
                    request.connection().close();
                }
            });
        }
        return response.putHeader("content-type", CONTENT_TYPE)
                .putHeader(STATUS, Integer.toString(refusal.kind().grpc()))
                .putHeader(MESSAGE, encoded(refusal.message()))
                .end()
                .onSuccess(sent -> {
                    if (!request.isEnded()) {
                        response.reset(0);
                    }
                });
    }

    @Override
    public void broken(HttpServerResponse response, String why) {
        response.putTrailer(STATUS, UNAVAILABLE);
        response.putTrailer(MESSAGE, encoded(why));
        response.end();
    }

    @Override
    public String status(HttpClientResponse answer) {
        var status = answer.getHeader(STATUS);
        var number = status != null ? status : answer.trailers().get(STATUS);
        return NUMBERED.getOrDefault(number == null ? "" : number, "UNKNOWN");
    }

    @Override
    public String status(Refusal.Kind kind) {
        return STATUSES.get(kind.grpc());
    }

    /** Percent-encoded, as gRPC wants it. */
    static String encoded(String message) {
        var text = new StringBuilder();
        for (byte each : message.getBytes(StandardCharsets.UTF_8)) {
            if (text.length() > LONGEST_MESSAGE) {
                break;
            }
            if (each >= ' ' && each <= '~' && each != '%') {
                text.append((char) each);
            } else {
                text.append(String.format(Locale.ROOT, "%%%02X", each & 0xff));
            }
        }
        return text.toString();
    }
}
