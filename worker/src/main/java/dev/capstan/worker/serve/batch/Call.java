package dev.capstan.worker.serve.batch;

import dev.capstan.worker.serve.RequestException;
import dev.capstan.worker.serve.RequestException.Kind;

/** A client that waits for an answer: until when, and whether it still does. */
public final class Call {
    private final long began = System.nanoTime();
    private volatile long nanos;
    private volatile boolean gone;

    /** @param nanos how long the answer may take, from now on */
    public Call(long nanos) {
        this.nanos = nanos;
    }

    /** The client wants its answer within so many nanoseconds of its asking; longer than before isn't given. */
    public void within(long time) {
        nanos = Math.min(nanos, time);
    }

    /** Nobody reads the answer any more. */
    public void leave() {
        gone = true;
    }

    /** Nanoseconds since it was asked. */
    public long age() {
        return System.nanoTime() - began;
    }

    /** Nanoseconds that are left; none or fewer when its time is up. */
    public long left() {
        return nanos - age();
    }

    /** Whether an answer is still of use. */
    public boolean wanted() {
        return !gone && left() > 0;
    }

    /** What becomes of a call that isn't wanted any more. */
    public RequestException refusal() {
        return gone
                ? new RequestException(Kind.TIMEOUT, "the client has gone before it was answered")
                : new RequestException(
                        Kind.TIMEOUT,
                        "no answer within " + nanos / 1_000_000
                                + " ms, the request's deadline; a longer one gives it more time, more replicas a shorter queue");
    }
}
