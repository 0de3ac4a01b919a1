package dev.capstan.worker.route;

import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.time.Duration;
import java.util.Optional;

/** What differs between REST and gRPC for somebody who passes both on as HTTP. */
sealed interface Wire permits RestWire, GrpcWire {
    /** As in metrics. */
    String name();

    /** Why a request isn't one of this protocol at all. */
    Optional<Refusal> wrong(HttpServerRequest request);

    /** Whether it may be asked without the service's token. */
    boolean open(HttpServerRequest request);

    /** How long the client will wait; null if it doesn't say. @throws IllegalArgumentException if it says nonsense */
    Duration timeout(HttpServerRequest request);

    /** Says to a replica how long the client will wait. */
    void timeout(MultiMap headers, long millis);

    /** Whether it changes nothing, so that it may be carried out twice. */
    boolean repeatable(HttpServerRequest request);

    /** Whether it asks for the state of now, which isn't to be waited for. */
    boolean aboutNow(HttpServerRequest request);

    /** Whether an answer's end comes by itself and soon, so that it can be waited for: up to what size. */
    boolean comesWhole(HttpServerRequest request, HttpClientResponse answer);

    /** Whether a replica says by its answer's head that it takes no requests now. */
    boolean unavailable(HttpClientResponse answer);

    /** Whether it says so by its answer's end. */
    boolean unavailableAtLast(HttpClientResponse answer);

    /** Adds what this protocol's requests have and others don't. */
    void mark(HttpServerRequest request, MultiMap headers);

    /** Answers without a replica. Nothing of another answer has been sent. */
    Future<Void> refuse(HttpServerRequest request, Refusal refusal);

    /** Ends an answer that broke off after some of it was sent, so that the client can't take it for whole. */
    void broken(HttpServerResponse response, String why);

    /** The status of an answer, as in metrics. */
    String status(HttpClientResponse answer);

    /** The status of a refusal. */
    String status(Refusal.Kind kind);
}
