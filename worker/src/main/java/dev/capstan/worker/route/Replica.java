package dev.capstan.worker.route;

import java.util.concurrent.atomic.AtomicInteger;

/** One replica, as this router sees it. Any thread may ask; {@link Replicas} alone changes whether it is ready. */
final class Replica {
    private final String address;
    private final AtomicInteger outstanding = new AtomicInteger();
    private final AtomicInteger failures = new AtomicInteger();
    private volatile boolean ready;
    private volatile boolean retired;
    private volatile long lastAnswer = System.nanoTime();
    private volatile int failuresInARow;

    Replica(String address) {
        this.address = address;
    }

    String address() {
        return address;
    }

    /** As in a URL. */
    String host() {
        return address.contains(":") ? "[" + address + "]" : address;
    }

    /** Whether it gets requests. */
    boolean ready() {
        return ready;
    }

    void ready(boolean is) {
        ready = is;
    }

    /** Whether it isn't among the replicas any more: it gets no requests, and what it has is answered. */
    boolean retired() {
        return retired;
    }

    void retire() {
        retired = true;
    }

    /** Requests that are under way there, of this router. */
    int outstanding() {
        return outstanding.get();
    }

    void began() {
        outstanding.incrementAndGet();
    }

    void ended() {
        outstanding.decrementAndGet();
    }

    /** Something came from it: a sign of life that no probe can outdo. */
    void answered() {
        lastAnswer = System.nanoTime();
        failuresInARow = 0;
    }

    /** Whether something has come from it since then. */
    boolean answeredSince(long nanoTime) {
        return lastAnswer - nanoTime > 0;
    }

    /**
     * A connection to it was refused or broke.
     *
     * @param wasReady whether it got requests: many fail with one connection, and count as one failure
     */
    void failed(boolean wasReady) {
        failures.incrementAndGet();
        if (wasReady) {
            // An answer on another loop may reset it meanwhile; it is only the length of a pause.
            failuresInARow = Math.min(failuresInARow + 1, 16);
        }
    }

    /** Grows with each failure: a probe that began before one says nothing. */
    int failures() {
        return failures.get();
    }

    /** How often it failed since it last answered a request. */
    int failuresInARow() {
        return failuresInARow;
    }

    @Override
    public String toString() {
        return address;
    }
}
