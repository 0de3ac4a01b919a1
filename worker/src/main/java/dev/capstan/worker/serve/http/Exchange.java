package dev.capstan.worker.serve.http;

import static dev.capstan.worker.serve.RequestException.Kind.INTERNAL;
import static dev.capstan.worker.serve.RequestException.Kind.INVALID;
import static dev.capstan.worker.serve.RequestException.Kind.TOO_LARGE;

import dev.capstan.worker.serve.RequestException;
import dev.capstan.worker.serve.batch.Call;
import io.netty.buffer.Unpooled;
import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import java.nio.ByteBuffer;
import java.util.Arrays;
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

    private static final int FIRST_BYTES = 64 << 10;
    /** How long a client may go on sending what isn't read any more, so that it gets to see the answer. */
    private static final int LINGER_MILLIS = 1000;

    private static final long NONE = -1;

    protected final Site site;
    protected final HttpServerRequest request;
    protected final HttpServerResponse response;
    private final Context context;
    private final String protocol;
    private Call call;
    private String model = "";
    private long timer = NONE;
    private byte[] bytes;
    private int length;
    private long taken;
    private boolean whole;
    private boolean ended;

    protected Exchange(Site site, HttpServerRequest request, String protocol) {
        this.site = site;
        this.request = request;
        this.protocol = protocol;
        response = request.response();
        context = site.vertx().getOrCreateContext();
        call = new Call(site.limits().timeoutMillis() * 1_000_000);
        site.meters().came();
    }

    /** Begins: from now on the client's going and the end of its patience are heard of. */
    protected final void start(Runnable first) {
        try {
            response.exceptionHandler(broken -> gone());
            response.closeHandler(closed -> gone());
            request.exceptionHandler(broken -> gone());
            request.endHandler(end -> whole = true);
            long own = deadlineNanos();
            call = new Call(own > 0 ? own : site.limits().timeoutMillis() * 1_000_000);
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
        long limit = site.limits().maxRequestBytes();
        long announced = announced();
        if (announced > limit) {
            throw tooLarge(announced, limit);
        }
        room(Math.max(0, announced));
        bytes = new byte[Math.clamp(announced, 0, FIRST_BYTES)];
        request.handler(chunk -> guarded(() -> take(chunk, limit)));
        request.endHandler(end -> {
            whole = true;
            guarded(() -> {
                var body = new Body(bytes, length);
                bytes = null;
                next.accept(body);
            });
        });
        if ("100-continue".equalsIgnoreCase(request.getHeader("Expect"))) {
            response.writeContinue();
        }
    }

    private long announced() {
        var text = request.getHeader("Content-Length");
        if (text == null) {
            return -1;
        }
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw new RequestException(INVALID, "Content-Length is \"" + text + "\"; it must be a whole number", e);
        }
    }

    private void take(Buffer chunk, long limit) {
        long needed = (long) length + chunk.length();
        if (needed > limit) {
            throw tooLarge(needed, limit);
        }
        room(needed);
        if (needed > bytes.length) {
            bytes = Arrays.copyOf(bytes, (int) Math.min(limit, Math.max(needed, 2L * bytes.length)));
        }
        chunk.getBytes(bytes, length);
        length = (int) needed;
    }

    private void room(long needed) {
        if (needed > taken) {
            site.budget().take(needed - taken);
            taken = needed;
        }
    }

    private static RequestException tooLarge(long size, long limit) {
        return new RequestException(
                TOO_LARGE,
                "the request has " + size + " bytes or more; the most is " + limit + " (limits.maxRequestBytes)");
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

    /** Goes on at the event loop with what another thread has worked out. */
    protected final <T> void later(T result, Throwable failure, Consumer<T> next) {
        context.runOnContext(now -> guarded(() -> {
            if (failure != null) {
                throw thrown(failure);
            }
            next.accept(result);
        }));
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
        if (!whole && hasBody()) {
            leaveTheRest();
        }
        refuse(e);
        end(code(e));
    }

    private boolean hasBody() {
        return request.version() == HttpVersion.HTTP_2
                || announced() > 0
                || request.headers().contains("Transfer-Encoding");
    }

    /** Not read, but taken for a while: a connection that is cut at once may lose the answer on its way. */
    private void leaveTheRest() {
        bytes = null;
        request.handler(chunk -> {});
        request.endHandler(end -> {});
        if (request.version() != HttpVersion.HTTP_2) {
            response.putHeader("Connection", "close");
            var connection = request.connection();
            site.vertx().setTimer(LINGER_MILLIS, late -> connection.close());
        }
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
        site.budget().giveBack(taken);
        site.meters().answered(model, protocol, code, call.age());
    }
}
