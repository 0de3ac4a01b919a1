package dev.capstan.worker.serve.http;

import static dev.capstan.worker.serve.RequestException.Kind.INTERNAL;

import dev.capstan.worker.serve.RequestException;
import dev.capstan.worker.serve.batch.Call;
import io.netty.buffer.Unpooled;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A request and its one answer: read whole within bounds of size and time, answered once, and counted. Of the thread of
 * its event loop, but for {@link #call}.
 */
public abstract class Exchange {
    private static final Logger LOG = LoggerFactory.getLogger(Exchange.class);
    /** Bodies up to this are read and answers written by the event loop: a millisecond or two. */
    private static final int LIGHT = 256 << 10;

    /** How long a client may go on sending what isn't read any more, so that it gets to see the answer. */
    private static final int LINGER_MILLIS = 1000;

    /** A client's own deadline is at most this, or the service's if that is longer. */
    private static final Duration LONGEST = Duration.ofMinutes(10);

    /** By which HTTP/2 says that no more of a request is wanted than has been answered (RFC 9113, 8.1). */
    private static final long NO_ERROR = 0;

    private static final long NONE = -1;

    protected final Site site;
    protected final HttpServerRequest request;
    protected final HttpServerResponse response;
    private final Context context;
    private final String protocol;
    private Call call;
    private String model = "";
    private long timer = NONE;
    private final Intake intake;
    private boolean whole;
    private boolean ended;

    protected Exchange(Site site, HttpServerRequest request, String protocol) {
        this.site = site;
        this.request = request;
        this.protocol = protocol;
        response = request.response();
        context = site.vertx().getOrCreateContext();
        intake = new Intake(request, site.limits().maxRequestBytes(), site.budget());
        call = new Call(site.limits().timeoutMillis() * 1_000_000);
        site.meters().came();
    }

    /**
     * How long a request may take, however long its client would wait.
     *
     * @param timeoutMillis how long one may that doesn't say
     */
    public static Duration longest(long timeoutMillis) {
        var limit = Duration.ofMillis(timeoutMillis);
        return limit.compareTo(LONGEST) > 0 ? limit : LONGEST;
    }

    /** Begins: from now on the client's going and the end of its patience are heard of. */
    protected final void start(Runnable first) {
        try {
            response.exceptionHandler(broken -> gone());
            response.closeHandler(closed -> gone());
            request.exceptionHandler(broken -> gone());
            request.endHandler(end -> whole = true);
            long own = deadlineNanos();
            long limit = site.limits().timeoutMillis();
            call = new Call(own > 0 ? Math.min(own, longest(limit).toNanos()) : limit * 1_000_000);
            arm();
            first.run();
        } catch (RequestException e) {
            fail(e);
        } catch (RuntimeException e) {
            fail(unexpected(e));
        }
    }

    private void arm() {
        timer = site.vertx().setTimer(Math.max(1, call.left() / 1_000_000), late -> fail(call.refusal()));
    }

    /** To be called when the call's deadline may have become an earlier one. */
    protected final void armAgain() {
        if (!ended) {
            site.vertx().cancelTimer(timer);
            arm();
        }
    }

    /**
     * How long the client waits for an answer, in nanoseconds; 0 if its headers don't say.
     *
     * @throws RequestException INVALID if what they say is none
     */
    protected abstract long deadlineNanos();

    /** Writes an answer that isn't good. */
    protected abstract void refuse(RequestException e);

    /** What the meters call an answer that isn't good. */
    protected abstract String code(RequestException e);

    protected final Call call() {
        return call;
    }

    /** Says which model it is about. */
    protected final void about(String name) {
        model = name;
    }

    /** Reads the whole body, and then goes on. */
    protected final void body(Consumer<Body> next) {
        intake.begin();
        request.handler(chunk -> guarded(() -> intake.take(chunk)));
        request.endHandler(end -> {
            whole = true;
            guarded(() -> next.accept(intake.body()));
        });
        if ("100-continue".equalsIgnoreCase(request.getHeader("Expect"))) {
            response.writeContinue();
        }
    }

    /** Does something that may be long for an event loop, by its size, and goes on with what comes of it. */
    protected final <T> void sized(long size, Supplier<T> work, Consumer<T> next) {
        if (size <= LIGHT) {
            next.accept(work.get());
            return;
        }
        context.<T>executeBlocking(work::get, false)
                .onComplete(done -> guarded(() -> {
                    if (done.failed()) {
                        throw thrown(done.cause());
                    }
                    next.accept(done.result());
                }));
    }

    /** Does something on the event loop, when it has read what else has come. */
    protected final void soon(Runnable step) {
        context.runOnContext(now -> step.run());
    }

    /** Goes on at the event loop with what has been worked out, most often by another thread. */
    protected final <T> void later(T result, Throwable failure, Consumer<T> next) {
        Runnable step = () -> guarded(() -> {
            if (failure != null) {
                throw thrown(failure);
            }
            next.accept(result);
        });
        if (Vertx.currentContext() == context) {
            step.run();
        } else {
            soon(step);
        }
    }

    private void guarded(Runnable step) {
        if (ended) {
            return;
        }
        try {
            step.run();
        } catch (RequestException e) {
            fail(e);
        } catch (Throwable e) {
            fail(unexpected(e));
        }
    }

    private static RuntimeException thrown(Throwable failure) {
        var cause = failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        return cause instanceof RuntimeException plain ? plain : unexpected(cause);
    }

    private static RequestException unexpected(Throwable thrown) {
        return new RequestException(INTERNAL, "unexpected " + thrown, thrown);
    }

    private void fail(RequestException e) {
        if (ended) {
            return;
        }
        if (e.kind() == INTERNAL) {
            // The trace by which the request can be found elsewhere.
            LOG.error("a request failed; traceparent {}", request.getHeader("traceparent"), e);
        }
        call.leave();
        if (!whole && intake.hasBody()) {
            leaveTheRest();
        }
        refuse(e);
        end(code(e));
    }

    /** Not read, but taken for a while: a connection that is cut at once may lose the answer on its way. */
    private void leaveTheRest() {
        intake.drop();
        request.handler(chunk -> {});
        request.endHandler(end -> {});
        if (request.version() == HttpVersion.HTTP_2) {
            site.vertx().setTimer(LINGER_MILLIS, late -> response.reset(NO_ERROR));
            return;
        }
        response.putHeader("Connection", "close");
        var connection = request.connection();
        site.vertx().setTimer(LINGER_MILLIS, late -> connection.close());
    }

    /** Says that no further request is answered on this connection; HTTP/2 has a message of its own for that. */
    protected final void lastAnswer() {
        if (request.version() != HttpVersion.HTTP_2) {
            response.putHeader("Connection", "close");
        }
    }

    private void gone() {
        if (!ended) {
            call.leave();
            end("gone");
        }
    }

    /** Parts one after another, not copied. */
    @SuppressWarnings("deprecation") // Vert.x 4 has no other way to say so; with Vert.x 5, BufferInternal has.
    protected static Buffer joined(ByteBuffer... parts) {
        return Buffer.buffer(Unpooled.wrappedBuffer(parts));
    }

    /** To be called when the answer is written. */
    protected final void end(String code) {
        if (ended) {
            return;
        }
        ended = true;
        if (timer != NONE) {
            site.vertx().cancelTimer(timer);
        }
        intake.end();
        site.meters().answered(model, protocol, code, call.age());
    }
}
