package dev.capstan.worker.route;

import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpServerResponse;
import java.time.Duration;

/**
 * A replica's answer on its way to the client, at the client's pace. A small one goes when it is whole, so that nobody
 * is left with a half: until then another replica may answer instead.
 */
final class Answer {
    private final Exchange exchange;
    private final Attempt attempt;
    private final Loop loop;
    private final Wire wire;
    private final HttpClientResponse from;
    private final HttpServerResponse to;
    private final boolean comesWhole;

    private boolean passing;
    private Buffer kept;
    private long progressAt = System.nanoTime();

    Answer(Exchange exchange, Attempt attempt, Loop loop, Wire wire, HttpClientResponse from) {
        this.exchange = exchange;
        this.attempt = attempt;
        this.loop = loop;
        this.wire = wire;
        this.from = from;
        to = exchange.response();
        comesWhole = wire.comesWhole(exchange.request(), from);
        from.exceptionHandler(this::failed);
        from.handler(this::part);
        from.endHandler(end -> end());
    }

    /** Whether the client has something of it. */
    boolean passing() {
        return passing;
    }

    /** Whether the client has read nothing for that long, though there is something. */
    boolean stalled(Duration time) {
        return to.writeQueueFull() && System.nanoTime() - progressAt > time.toNanos();
    }

    /** Whether it has no end that comes by itself. */
    boolean endless() {
        return !comesWhole;
    }

    private void part(Buffer part) {
        if (attempt.over()) {
            return;
        }
        progressAt = System.nanoTime();
        attempt.progress();
        if (passing) {
            write(part);
            return;
        }
        kept = kept == null ? part : kept.copy().appendBuffer(part);
        if (!comesWhole || kept.length() > Tuning.WHOLE_ANSWER) {
            passing = true;
            // It can't be asked for again.
            exchange.body().forget();
            head();
            if (!to.headers().contains("content-length")) {
                to.setChunked(true);
            }
            write(kept);
            kept = null;
        }
    }

    private void write(Buffer part) {
        to.write(part);
        var connection = from.request().connection();
        // Of a connection that ends Vert.x takes a stream that has ended well for one that broke, unless it has been
        // read
        // to its end by then: what is left of such an answer lies here until the client takes it.
        if (to.writeQueueFull() && !Goodbye.isSaid(connection)) {
            from.pause();
            loop.upstreams().pauses(this, connection);
            to.drainHandler(drained -> {
                progressAt = System.nanoTime();
                goOn();
            });
        }
    }

    /** Reads on. */
    void goOn() {
        loop.upstreams().goesOn(this);
        from.resume();
    }

    private void head() {
        to.setStatusCode(from.statusCode());
        Headers.answer(from.headers(), to.headers());
        loop.closing(to, exchange.request());
    }

    private void end() {
        if (attempt.over()) {
            return;
        }
        if (!passing && wire.unavailableAtLast(from) && attempt.elsewhere()) {
            return;
        }
        long took = attempt.close();
        exchange.finish(wire.status(from), took, this::last);
    }

    private Future<Void> last() {
        if (!passing) {
            head();
        }
        var trailers = from.trailers();
        if (!trailers.isEmpty()) {
            if (!passing && !to.headers().contains("content-length")) {
                to.setChunked(true);
            }
            Headers.answer(trailers, to.trailers());
        }
        return kept == null ? to.end() : to.end(kept);
    }

    private void failed(Throwable cause) {
        if (attempt.over()) {
            return;
        }
        if (passing) {
            breakOff("the replica's answer broke off: " + cause.getMessage());
        } else {
            attempt.failed(cause);
        }
    }

    /** Ends it in its midst. */
    void breakOff(String why) {
        exchange.finish("broken", 0, () -> {
            wire.broken(to, why);
            return Future.succeededFuture();
        });
    }
}
