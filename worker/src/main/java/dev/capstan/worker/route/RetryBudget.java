package dev.capstan.worker.route;

import java.util.function.LongSupplier;

/**
 * How many requests may be tried again: a fifth of all, some ten a second beside that, and a reserve for the loss of a
 * replica. Without a bound, replicas that are too slow for their load would get it three times over.
 */
final class RetryBudget {
    private static final double SHARE = 0.2;
    private static final double PER_NANO = 10e-9;

    private final double reserve;
    private final LongSupplier nanoTime;
    private double left;
    private long last;

    /** @param reserve retries that may come at once, after a quiet time */
    RetryBudget(int reserve, LongSupplier nanoTime) {
        this.reserve = reserve;
        this.nanoTime = nanoTime;
        left = reserve;
        last = nanoTime.getAsLong();
    }

    /** A request has come. */
    synchronized void request() {
        left = Math.min(reserve, left + SHARE);
    }

    /** Whether a request may be tried again; if so, that is counted. */
    synchronized boolean retry() {
        long now = nanoTime.getAsLong();
        left = Math.min(reserve, left + (now - last) * PER_NANO);
        last = now;
        if (left < 1) {
            return false;
        }
        left--;
        return true;
    }
}
