package dev.capstan.worker.route;

import dev.capstan.protocol.ServiceFile.Limits;
import dev.capstan.worker.route.Refusal.Kind;
import io.vertx.core.buffer.Buffer;
import java.util.Optional;

/** The body of a request as it comes, within the bounds of one and of all together. */
final class RequestBody {
    /** Digits of a length that fits into a long. */
    private static final int DIGITS = 18;

    private final Limits limits;
    private final BufferedBytes buffered;
    private Buffer buffer;
    private boolean own;
    private long kept;

    RequestBody(Limits limits, BufferedBytes buffered) {
        this.limits = limits;
        this.buffered = buffered;
    }

    /** Why a body of that length isn't read at all; the length is the header's, null if there is none. */
    Optional<Refusal> announced(String length) {
        if (length == null || length.length() <= DIGITS && Long.parseLong(length) <= limits.maxRequestBytes()) {
            return Optional.empty();
        }
        return Optional.of(tooLarge(length + " bytes"));
    }

    /** Takes what has come; or tells why the rest isn't read. */
    Optional<Refusal> add(Buffer part) {
        if (kept + part.length() > limits.maxRequestBytes()) {
            return Optional.of(tooLarge(kept + part.length() + " bytes or more"));
        }
        if (!buffered.take(part.length())) {
            return Optional.of(new Refusal(
                    Kind.BUSY,
                    "bodies of requests take " + buffered.taken() + " bytes here, of at most " + buffered.most()
                            + "; try again"));
        }
        kept += part.length();
        if (buffer == null) {
            buffer = part;
        } else {
            // The first part is the one of who has read it, the second makes it ours.
            buffer = (own ? buffer : buffer.copy()).appendBuffer(part);
            own = true;
        }
        return Optional.empty();
    }

    /** All that has come; null if nothing has. */
    Buffer buffer() {
        return buffer;
    }

    /** It isn't needed any more. */
    void forget() {
        buffered.giveBack(kept);
        kept = 0;
        buffer = null;
    }

    private Refusal tooLarge(String how) {
        return new Refusal(
                Kind.TOO_LARGE,
                "the request has " + how + "; the most is " + limits.maxRequestBytes() + " (limits.maxRequestBytes)");
    }
}
