package dev.capstan.worker;

import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.protocol.Timeouts;
import dev.capstan.worker.outcome.Failure;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notices that the working thread gets nowhere. Storage that hangs gives no error: a read from an NFS server that is
 * away waits for ever. A thread that waits so uses no processor time at all, while one that reads slowly, computes, or
 * waits for its peers uses some every second.
 */
final class Watchdog implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Watchdog.class);
    private static final Duration LOOK = Duration.ofSeconds(1);

    private final Timeouts timeouts;
    private final LongSupplier processorTime;
    private final Consumer<Failure> bark;
    private final Thread thread;
    /** What is waited for; null while it is no storage. */
    private volatile String storage;

    /** Whether there is more to do than to wait for storage. */
    private volatile boolean atWork;

    private volatile boolean barked;

    /**
     * Watches the calling thread.
     *
     * @param bark told once why the thread gets nowhere, from a thread of its own
     */
    static Watchdog ofThisThread(Timeouts timeouts, Consumer<Failure> bark) {
        var threads = ManagementFactory.getThreadMXBean();
        long id = Thread.currentThread().threadId();
        return new Watchdog(timeouts, () -> threads.getThreadCpuTime(id), bark);
    }

    private Watchdog(Timeouts timeouts, LongSupplier processorTime, Consumer<Failure> bark) {
        this.timeouts = timeouts;
        this.processorTime = processorTime;
        this.bark = bark;
        thread = Thread.ofPlatform().name("capstan-watchdog").daemon().start(this::watch);
    }

    /**
     * Does something that reads from or writes to storage.
     *
     * @param what as messages name it, such as {@code output pvc://models/mnist}
     */
    <T> T storage(String what, Supplier<T> access) {
        var outer = storage;
        storage = what;
        try {
            return access.get();
        } finally {
            storage = outer;
        }
    }

    /** From now on the thread has work to do that never waits for long without looking round. */
    void atWork() {
        atWork = true;
    }

    /** False once it was found that the thread gets nowhere. */
    boolean alive() {
        return !barked;
    }

    private void watch() {
        try {
            long before = -1;
            // Counted by looks, not by the clock: a process that was frozen for an hour has done nothing wrong.
            for (int idle = 0; ; idle++) {
                Thread.sleep(LOOK);
                var what = storage;
                long now = processorTime.getAsLong();
                if (now != before || what == null && !atWork) {
                    before = now;
                    idle = 0;
                }
                int limit = what == null ? timeouts.late() : timeouts.storage();
                if (what != null && idle == (limit + 1) / 2) {
                    LOG.warn("waits since {} s for {}", idle, what);
                }
                if (idle >= limit) {
                    barked = true;
                    bark.accept(failure(what, limit));
                    return;
                }
            }
        } catch (InterruptedException e) {
            // Closed.
        }
    }

    private static Failure failure(String what, int seconds) {
        return what == null
                ? new Failure(Reason.WorkerError, "the worker has got nowhere for " + seconds + " s: it hangs")
                : new Failure(
                        Reason.StorageUnavailable,
                        what + " hasn't answered for " + seconds
                                + " s: a read or write of it hangs, as on an NFS volume whose server is away");
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
