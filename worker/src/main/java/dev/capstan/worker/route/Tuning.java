package dev.capstan.worker.route;

import java.time.Duration;

/**
 * What a router does when, and how much of it.
 *
 * @param loops event loops for requests
 * @param bufferedBytes of bodies of requests that are kept at once, at most
 * @param probeReady how often a replica that is ready is probed
 * @param probeOthers how often one is probed that isn't
 * @param probeTimeout how long a probe's answer may take, and a connection
 * @param lookup how often the replicas' name is looked up until the operator has told them
 * @param linger how long after SIGTERM new connections are still taken
 * @param renewal how often token and certificate are read again
 */
record Tuning(
        int loops,
        long bufferedBytes,
        Duration probeReady,
        Duration probeOthers,
        Duration probeTimeout,
        Duration lookup,
        Duration linger,
        Duration renewal) {

    /** Tries of a request that may have reached a replica; what reached none is tried until the deadline. */
    static final int TRIES = 3;
    /**
     * An answer up to this size, whose size is known, is passed on when it is whole: until then another replica may
     * answer instead.
     */
    static final int WHOLE_ANSWER = 64 * 1024;
    /**
     * Requests under way at a replica up to which held ones are sent there: all at once would be refused as too many.
     */
    static final int RELEASED = 32;
    /** How long a client may read nothing of an answer after the deadline. */
    static final Duration STALLED = Duration.ofSeconds(30);

    /** For a pod, by the processors and the memory that this process has. */
    static Tuning ofThisProcess(long maxRequestBytes) {
        // A quarter of the heap: a body is there once, and with it what is on its way in and out.
        long quarter = Runtime.getRuntime().maxMemory() / 4;
        return new Tuning(
                Runtime.getRuntime().availableProcessors(),
                Math.max(quarter, maxRequestBytes),
                Duration.ofSeconds(1),
                Duration.ofMillis(250),
                Duration.ofSeconds(1),
                Duration.ofSeconds(2),
                Duration.ofSeconds(5),
                Duration.ofSeconds(5));
    }
}
