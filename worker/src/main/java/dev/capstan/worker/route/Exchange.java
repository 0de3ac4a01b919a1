package dev.capstan.worker.route;

import dev.capstan.worker.route.Refusal.Kind;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * One request, from its first byte to the answer's last: it is read whole, so that it can be sent more than once; waits
 * while no replica is ready; and is tried at one replica after the other, as often as is safe. Of one loop's thread.
 */
final class Exchange {
    /** What is left of a client's own deadline for the words why nobody answered: later nobody hears them. */
    private static final long LONGEST_MARGIN_MILLIS = 100;

    private final Loop loop;
    private final Wire wire;
    private final HttpServerRequest request;
    private final HttpServerResponse response;
    private final List<Replica> tried = new ArrayList<>(0);
    private final RequestBody body;
    private final long began = System.nanoTime();

    private long whole;
    private long deadline;
    private Duration timeout;
    private long timer = -1;
    private long pause = -1;
    private long heldSince;
    private long heldNanos;
    private int sent;
    private int unsent;
    private Attempt attempt;
    private boolean done;

    Exchange(Loop loop, Wire wire, HttpServerRequest request) {
        this.loop = loop;
        this.wire = wire;
        this.request = request;
        response = request.response();
        body = new RequestBody(loop.limits(), loop.buffered());
    }

    /** Reads the request, unless it is refused by its head. */
    void start() {
        loop.began(request);
        response.exceptionHandler(gone -> gone());
        response.closeHandler(gone -> gone());
        request.exceptionHandler(gone -> gone());
        Optional<Refusal> refusal;
        try {
            timeout = HeadCheck.timeout(request, wire, loop.limits());
            refusal = HeadCheck.refusal(request, wire, loop.guard())
                    .or(() -> body.announced(request.getHeader("content-length")));
        } catch (IllegalArgumentException e) {
            refusal = Optional.of(new Refusal(Kind.INVALID, e.getMessage()));
        }
        if (refusal.isPresent()) {
            refuse(refusal.get());
            return;
        }
        deadline = began + timeout.toNanos();
        timer = loop.timer(Math.max(1, timeout.toMillis()), this::timeIsUp);
        if ("100-continue".equalsIgnoreCase(request.getHeader("expect"))) {
            response.writeContinue();
        }
        request.handler(this::part);
        request.endHandler(end -> whole());
    }

    private void part(Buffer part) {
        if (!done) {
            body.add(part).ifPresent(this::refuse);
        }
    }

    private void whole() {
        if (done) {
            return;
        }
        whole = System.nanoTime();
        loop.budget().request();
        next();
    }

    /** Tries it at a replica, or waits for one. */
    void next() {
        if (done) {
            return;
        }
        if (heldSince != 0) {
            noLongerHeld();
        }
        var replica = loop.replicas().choose(tried);
        if (replica == null) {
            hold();
        } else if (tried.contains(replica)) {
            // There is no other. It may need a moment.
            pause = loop.timer(backoff(), () -> {
                pause = -1;
                send(loop.replicas().choose(tried));
            });
        } else {
            send(replica);
        }
    }

    private void noLongerHeld() {
        heldNanos += System.nanoTime() - heldSince;
        heldSince = 0;
    }

    private long backoff() {
        return Math.min(1000, 20L << Math.min(sent + unsent, 10));
    }

    private void send(Replica replica) {
        if (replica == null) {
            hold();
            return;
        }
        tried.add(replica);
        attempt = new Attempt(this, loop, wire, replica);
        attempt.start();
    }

    private void hold() {
        long left = leftMillis();
        long margin = Math.min(LONGEST_MARGIN_MILLIS, timeout.toMillis() / 10);
        if (wire.aboutNow(request) || left <= margin) {
            refuse(Kind.UNAVAILABLE, loop.replicas().waiting());
        } else if (!loop.hold(this)) {
            refuse(
                    Kind.UNAVAILABLE,
                    loop.replicas().waiting() + "; " + loop.limits().queue()
                            + " requests wait for one already (limits.queue)");
        } else {
            heldSince = System.nanoTime();
            tried.clear();
            pause = loop.timer(left - margin, () -> {
                pause = -1;
                if (loop.letGo(this)) {
                    refuse(Kind.UNAVAILABLE, loop.replicas().waiting());
                }
            });
        }
    }

    /** It isn't held any more. */
    void released() {
        cancel(pause);
        pause = -1;
        next();
    }

    /**
     * Whether it may be sent to a replica once more. Who is told so has to do it: the try is counted.
     *
     * @param reached whether a replica may have got it already
     */
    boolean mayTryAgain(boolean reached) {
        if (done || leftMillis() <= 0) {
            return false;
        }
        if (!reached) {
            return true;
        }
        if (!wire.repeatable(request) || sent + 1 >= Tuning.TRIES) {
            return false;
        }
        return loop.budget().retry();
    }

    /** Sends it to a replica once more. */
    void tryAgain(String reason, boolean reached) {
        if (reached) {
            sent++;
        } else {
            unsent++;
        }
        loop.meters().retried(wire, reason);
        attempt = null;
        next();
    }

    private void timeIsUp() {
        timer = -1;
        if (done) {
            return;
        }
        var answer = attempt == null ? null : attempt.answer();
        if (answer != null && answer.passing()) {
            // It was in time; a client that reads slowly may go on, one that doesn't read at all may not.
            if (answer.stalled(Tuning.STALLED)) {
                answer.breakOff("the client reads nothing");
            } else if (answer.endless() && wire.timeout(request) != null) {
                answer.breakOff("the deadline is over");
            } else {
                timer = loop.timer(Tuning.STALLED.toMillis(), this::timeIsUp);
            }
            return;
        }
        if (whole == 0) {
            refuse(Kind.SLOW, "the request didn't come whole within " + timeout.toMillis() + " ms");
        } else if (loop.letGo(this)) {
            refuse(Kind.UNAVAILABLE, loop.replicas().waiting());
        } else {
            refuse(Kind.TIMEOUT, "no answer within " + timeout.toMillis() + " ms");
        }
    }

    /** The client has gone: nobody needs an answer. */
    private void gone() {
        if (!done) {
            loop.letGo(this);
            finish("gone", 0, Future::succeededFuture);
        }
    }

    void refuse(Kind kind, String message) {
        refuse(new Refusal(kind, message));
    }

    private void refuse(Refusal refusal) {
        if (done) {
            return;
        }
        finish(wire.status(refusal.kind()), 0, () -> {
            loop.closing(response, request);
            return wire.refuse(request, refusal);
        });
    }

    /**
     * The answer is on its way, or there will be none: nothing of the request is kept.
     *
     * @param status as in metrics
     * @param upstreamNanos how long the replica took; 0 if none has answered
     * @param last sends the last of it
     */
    void finish(String status, long upstreamNanos, Supplier<Future<Void>> last) {
        if (done) {
            return;
        }
        done = true;
        cancel(timer);
        cancel(pause);
        body.forget();
        if (heldSince != 0) {
            noLongerHeld();
        }
        if (heldNanos > 0) {
            loop.meters().held(heldNanos);
        }
        if (attempt != null) {
            attempt.cancel();
        }
        long now = System.nanoTime();
        loop.meters().answered(wire, status, now - began);
        if (upstreamNanos > 0) {
            loop.meters().added(now - whole - upstreamNanos - heldNanos);
        }
        // Whoever waits until all is answered waits until it is sent.
        last.get().onComplete(over -> loop.ended(request));
    }

    private void cancel(long id) {
        if (id >= 0) {
            loop.cancel(id);
        }
    }

    long leftMillis() {
        return (deadline - System.nanoTime()) / 1_000_000;
    }

    RequestBody body() {
        return body;
    }

    HttpServerRequest request() {
        return request;
    }

    HttpServerResponse response() {
        return response;
    }
}
