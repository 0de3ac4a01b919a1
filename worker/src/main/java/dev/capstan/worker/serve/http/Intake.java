package dev.capstan.worker.serve.http;

import static dev.capstan.worker.serve.RequestException.Kind.INVALID;
import static dev.capstan.worker.serve.RequestException.Kind.TOO_LARGE;

import dev.capstan.worker.serve.RequestException;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import java.util.Arrays;

/** Takes in a request's body, as it comes, within what one request may have and what all may have together. */
final class Intake {
    private static final int FIRST_BYTES = 64 << 10;

    private final HttpServerRequest request;
    private final long limit;
    private final Budget budget;
    private byte[] bytes;
    private int length;
    private long taken;

    Intake(HttpServerRequest request, long limit, Budget budget) {
        this.request = request;
        this.limit = limit;
        this.budget = budget;
    }

    /** @throws RequestException TOO_LARGE if it is said to be longer than it may; BUSY if there is no room for it */
    void begin() {
        long announced = announced();
        if (announced > limit) {
            throw tooLarge(announced);
        }
        room(Math.max(0, announced));
        bytes = new byte[Math.clamp(announced, 0, FIRST_BYTES)];
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

    /** @throws RequestException TOO_LARGE if more comes than may; BUSY if there is no room for it */
    void take(Buffer chunk) {
        long needed = (long) length + chunk.length();
        if (needed > limit) {
            throw tooLarge(needed);
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
            budget.take(needed - taken);
            taken = needed;
        }
    }

    private RequestException tooLarge(long size) {
        return new RequestException(
                TOO_LARGE,
                "the request has " + size + " bytes or more; the most is " + limit + " (limits.maxRequestBytes)");
    }

    /** What has come, which isn't kept here any longer. */
    Body body() {
        var body = new Body(bytes, length);
        drop();
        return body;
    }

    /** Nobody wants it. */
    void drop() {
        bytes = null;
    }

    /** The request is answered: others have its room. */
    void end() {
        budget.giveBack(taken);
    }

    /** Whether a body comes, or has come. */
    boolean hasBody() {
        return request.version() == HttpVersion.HTTP_2
                || announced() > 0
                || request.headers().contains("Transfer-Encoding");
    }
}
