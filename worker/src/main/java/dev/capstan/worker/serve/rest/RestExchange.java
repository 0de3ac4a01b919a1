package dev.capstan.worker.serve.rest;

import static dev.capstan.worker.serve.RequestException.Kind.INVALID;
import static dev.capstan.worker.serve.RequestException.Kind.NOT_FOUND;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.capstan.worker.serve.RequestException;
import dev.capstan.worker.serve.http.Body;
import dev.capstan.worker.serve.http.Exchange;
import dev.capstan.worker.serve.http.Site;
import dev.capstan.worker.serve.infer.InferRequest;
import dev.capstan.worker.serve.infer.Models.Loaded;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import java.net.URLEncoder;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/** A request by REST. */
final class RestExchange extends Exchange {
    /** How long a client waits, in seconds. */
    private static final String TIMEOUT = "Request-Timeout";

    private static final Pattern SECONDS = Pattern.compile("[0-9]{1,9}(\\.[0-9]{1,9})?");

    RestExchange(Site site, HttpServerRequest request) {
        super(site, request, "rest");
    }

    void begin() {
        start(this::route);
    }

    @Override
    protected long deadlineNanos() {
        var text = request.getHeader(TIMEOUT);
        if (text == null) {
            return 0;
        }
        if (!SECONDS.matcher(text).matches() || Double.parseDouble(text) == 0) {
            throw new RequestException(
                    INVALID, TIMEOUT + " is \"" + text + "\"; it must be seconds, more than 0, such as 2.5");
        }
        return (long) (Double.parseDouble(text) * 1e9);
    }

    private void route() {
        var path = RestPath.of(request.path());
        if (!(path instanceof RestPath.Page)) {
            site.guard().check(request.getHeader("Authorization"));
        }
        var method = method(path);
        if (request.method() == HttpMethod.OPTIONS && method != null) {
            response.setStatusCode(204).putHeader("Allow", allowed(method)).end();
            end("204");
        } else if (method == null || method.equals(request.method()) || head(method)) {
            answer(path);
        } else {
            response.putHeader("Allow", allowed(method));
            reply(405, Documents.error(request.method() + " isn't answered here; " + allowed(method) + " are"));
        }
    }

    private boolean head(HttpMethod method) {
        return method == HttpMethod.GET && request.method() == HttpMethod.HEAD;
    }

    private static String allowed(HttpMethod method) {
        return method == HttpMethod.GET ? "GET, HEAD, OPTIONS" : method + ", OPTIONS";
    }

    /** By which a path is asked; null if there is no such path. */
    private static HttpMethod method(RestPath path) {
        return switch (path) {
            case RestPath.Infer infer -> HttpMethod.POST;
            case RestPath.Classify classify -> HttpMethod.POST;
            case RestPath.Index index -> HttpMethod.POST;
            case RestPath.Load load -> HttpMethod.POST;
            case RestPath.Unload unload -> HttpMethod.POST;
            case RestPath.ServerLive live -> HttpMethod.GET;
            case RestPath.ServerReady ready -> HttpMethod.GET;
            case RestPath.ServerMetadata metadata -> HttpMethod.GET;
            case RestPath.ModelMetadata metadata -> HttpMethod.GET;
            case RestPath.ModelReady ready -> HttpMethod.GET;
            case RestPath.Page page -> HttpMethod.GET;
            case RestPath.Unknown unknown -> null;
        };
    }

    private void answer(RestPath path) {
        switch (path) {
            case RestPath.ServerLive live -> reply(200, Documents.truth("live", true));
            case RestPath.ServerReady ready -> {
                boolean truth = site.ready().getAsBoolean();
                reply(truth ? 200 : 503, Documents.truth("ready", truth));
            }
            case RestPath.ServerMetadata metadata -> reply(200, Documents.server(site.identity()));
            case RestPath.ModelMetadata(var name, var version) -> reply(200, Documents.metadata(model(name, version)));
            case RestPath.ModelReady(var name, var version) -> reply(200, Documents.modelReady(model(name, version)));
            case RestPath.Infer(var name, var version) -> {
                var model = model(name, version);
                body(body -> infer(model, body));
            }
            case RestPath.Classify(var name, var version) -> {
                var model = model(name, version);
                refuseForm();
                body(body -> classify(model, body));
            }
            case RestPath.Index index ->
                body(body -> reply(200, Documents.index(site.models().index(RepositoryReader.readyOnly(body)))));
            case RestPath.Load(var name) ->
                body(body -> {
                    RepositoryReader.refuseModel(body);
                    repository(() -> site.models().load(name));
                });
            case RestPath.Unload(var name) ->
                body(body -> repository(() -> site.models().unload(name)));
            case RestPath.Page page -> page();
            case RestPath.Unknown unknown ->
                throw new RequestException(
                        NOT_FOUND,
                        "there is nothing at this path; the Open Inference Protocol's begin with v2, such as"
                                + " v2/models/MODEL/infer");
        }
    }

    private Loaded model(String name, String version) {
        var model = site.models().of(name, version);
        about(name);
        return model;
    }

    private void infer(Loaded model, Body packed) {
        sized(packed.length(), () -> read(model, packed), read -> {
            var answer = site.inference().infer(model, read, call(), this::soon);
            if (read.timeoutMicros() > 0) {
                armAgain();
            }
            answer.whenComplete((outputs, failure) -> later(
                    outputs, failure, there -> sized(there.bytes(), () -> InferReply.of(there, read), this::reply)));
        });
    }

    private InferRequest read(Loaded model, Body packed) {
        return InferBody.read(unpacked(packed), request.getHeader(InferBody.JSON_LENGTH), model);
    }

    private Body unpacked(Body packed) {
        return packed.unpacked(
                request.getHeader("Content-Encoding"), site.limits().maxRequestBytes());
    }

    /** What curl -F and forms send; what is in it is wanted alone. */
    private void refuseForm() {
        var type = request.getHeader("Content-Type");
        if (type != null && type.toLowerCase(Locale.ROOT).startsWith("multipart/")) {
            throw new RequestException(
                    INVALID,
                    "the body is a form, " + shortened(type)
                            + "; it must be the file itself, as curl sends it by --data-binary @FILE");
        }
    }

    private static String shortened(String type) {
        int end = type.indexOf(';');
        return end < 0 ? type : type.substring(0, end);
    }

    private void classify(Loaded model, Body packed) {
        if (packed.length() == 0) {
            throw new RequestException(INVALID, "the body is empty; it must be a file, such as an image");
        }
        sized(
                packed.length(),
                () -> unpacked(packed),
                body -> site.inference()
                        .classify(model, ByteBuffer.wrap(body.bytes(), 0, body.length()), call())
                        .whenComplete((answers, failure) ->
                                later(answers, failure, there -> reply(200, Documents.answers(model, there)))));
    }

    private void repository(Runnable change) {
        site.vertx()
                .executeBlocking(
                        () -> {
                            change.run();
                            return null;
                        },
                        false)
                .onComplete(done -> later(null, done.cause(), there -> reply(200, Documents.empty())));
    }

    private void page() {
        var page = Page.read();
        var first = site.models().first();
        if (request.query() == null && first != null) {
            // The page asks the model that its address names.
            response.putHeader("Location", "/?model=" + URLEncoder.encode(first, UTF_8));
            write(302, Buffer.buffer());
            return;
        }
        Page.HEADERS.forEach(response::putHeader);
        write(200, Buffer.buffer(page));
    }

    private void reply(InferReply reply) {
        if (reply.jsonLength() >= 0) {
            response.putHeader("Content-Type", "application/octet-stream");
            response.putHeader(InferBody.JSON_LENGTH, Integer.toString(reply.jsonLength()));
        } else {
            response.putHeader("Content-Type", "application/json");
        }
        packed(200, reply.parts());
    }

    private void reply(int status, byte[] json) {
        response.putHeader("Content-Type", "application/json");
        packed(status, List.of(ByteBuffer.wrap(json)));
    }

    private void packed(int status, List<ByteBuffer> parts) {
        long size = parts.stream().mapToLong(ByteBuffer::remaining).sum();
        if (size < Packing.LEAST || !Packing.accepted(request.getHeader("Accept-Encoding"))) {
            write(status, joined(parts.toArray(ByteBuffer[]::new)));
            return;
        }
        response.putHeader("Content-Encoding", "gzip").putHeader("Vary", "Accept-Encoding");
        Supplier<Buffer> packing = () -> Packing.gzip(parts, size);
        sized(size, packing, buffer -> write(status, buffer));
    }

    private void write(int status, Buffer body) {
        if (site.traffic().leaving()) {
            lastAnswer();
        }
        var trace = request.getHeader("traceparent");
        if (trace != null) {
            response.putHeader("traceparent", trace);
        }
        response.setStatusCode(status);
        if (request.method() == HttpMethod.HEAD) {
            response.putHeader("Content-Length", Integer.toString(body.length()))
                    .end();
        } else {
            response.end(body);
        }
        end(Integer.toString(status));
    }

    @Override
    protected void refuse(RequestException e) {
        switch (e.kind()) {
            case BUSY, UNAVAILABLE -> response.putHeader("Retry-After", "1");
            case UNAUTHENTICATED -> response.putHeader("WWW-Authenticate", "Bearer");
            case ENCODING -> response.putHeader("Accept-Encoding", Body.ENCODINGS);
            case INVALID, NOT_FOUND, FORBIDDEN, TOO_LARGE, TIMEOUT, INTERNAL -> {}
        }
        response.putHeader("Content-Type", "application/json");
        write(RestStatus.of(e.kind()), Buffer.buffer(Documents.error(e.getMessage())));
    }

    @Override
    protected String code(RequestException e) {
        return Integer.toString(RestStatus.of(e.kind()));
    }
}
