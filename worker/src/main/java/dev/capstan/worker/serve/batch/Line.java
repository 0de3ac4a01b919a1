package dev.capstan.worker.serve.batch;

import dev.capstan.worker.serve.RequestException;
import dev.capstan.worker.serve.RequestException.Kind;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The requests that wait, first come, first served, and who goes together.
 *
 * <p>The first one waits for others only as long as others are about: as many as were there at once lately. A client
 * that is alone waits for nobody, and eight that ask again as soon as they are answered are computed together without
 * anybody waiting for a ninth.
 */
final class Line {
    /** Of the inputs that are computed together: what is copied for them has a bound. */
    private static final long MOST_BYTES = 32 << 20;

    private final int maxSize;
    private final long maxDelayNanos;
    private final int queue;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition idle = lock.newCondition();
    private final Condition enough = lock.newCondition();
    private final ArrayDeque<Pending> waiting = new ArrayDeque<>();
    /** Requests that wait or are computed. */
    private int present;
    /** How many were present at once lately. */
    private int company = 1;
    /** For how many requests a thread waits in {@link #enough}; 0 if none does. */
    private int wished;
    /** Whether whoever added a request is going to call {@link #alone}, so that no thread need be woken for it. */
    private boolean promised;

    private boolean closed;

    Line(int maxSize, long maxDelayNanos, int queue) {
        this.maxSize = maxSize;
        this.maxDelayNanos = maxDelayNanos;
        this.queue = queue;
    }

    /**
     * Waits from now on.
     *
     * @param willing whether the caller would compute it, if nobody else is about
     * @return whether the caller has to call {@link #alone} soon: until then no thread is woken
     */
    boolean add(Pending pending, boolean willing) {
        lock.lock();
        try {
            if (closed) {
                throw new RequestException(Kind.UNAVAILABLE, "the model is being unloaded");
            }
            if (waiting.size() >= queue) {
                throw new RequestException(
                        Kind.BUSY, waiting.size() + " requests wait already, the most that may (limits.queue)");
            }
            waiting.add(pending);
            present++;
            // Where several were about lately, the first that comes again had better wait for them.
            if (willing && present == 1 && (company == 1 || maxSize == 1)) {
                promised = true;
                return true;
            }
            company = Math.max(company, present);
            if (!promised) {
                wake();
            }
            return false;
        } finally {
            lock.unlock();
        }
    }

    /** If there is no room for another one: takes those out that nobody wants any more; they aren't done yet. */
    List<Pending> unwanted() {
        lock.lock();
        try {
            if (waiting.size() < queue) {
                return List.of();
            }
            var unwanted =
                    waiting.stream().filter(pending -> !pending.call().wanted()).toList();
            waiting.removeAll(unwanted);
            return unwanted;
        } finally {
            lock.unlock();
        }
    }

    private void wake() {
        if (wished == 0) {
            idle.signal();
        } else if (waiting.size() >= wished) {
            enough.signal();
        }
    }

    /**
     * As {@link #add} wants it.
     *
     * @return the one that waits, for the caller to compute; null if there are others by now, which threads compute, or
     *     a thread has it already
     */
    Pending alone() {
        lock.lock();
        try {
            promised = false;
            if (waiting.size() == 1 && wished == 0) {
                return waiting.removeFirst();
            }
            if (!waiting.isEmpty()) {
                wake();
            }
            return null;
        } finally {
            lock.unlock();
        }
    }

    int waiting() {
        lock.lock();
        try {
            return waiting.size();
        } finally {
            lock.unlock();
        }
    }

    /** One that was taken is about to be answered. */
    void done() {
        lock.lock();
        try {
            present--;
        } finally {
            lock.unlock();
        }
    }

    /** Those whose turn it is, all of the same shapes; waits for them. Null once closed and empty. */
    List<Pending> next() {
        lock.lock();
        try {
            // One thread at a time chooses, or two would take each half of those who go together.
            // What is promised to somebody isn't taken from him, by a thread that has just been started.
            while (wished > 0 || waiting.isEmpty() || promised) {
                if (closed && waiting.isEmpty()) {
                    return null;
                }
                idle.awaitUninterruptibly();
            }
            if (maxSize > 1) {
                gather();
            }
            var taken = take();
            if (!waiting.isEmpty()) {
                idle.signal();
            }
            return taken;
        } finally {
            lock.unlock();
        }
    }

    private void gather() {
        // Whom other threads are computing for can't come meanwhile.
        wished = Math.clamp(company - (present - waiting.size()), 1, maxSize);
        long left = maxDelayNanos - (System.nanoTime() - waiting.getFirst().since());
        try {
            while (waiting.size() < wished && left > 0 && !closed) {
                left = enough.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (waiting.size() < wished) {
            company = Math.max(1, present);
        }
        wished = 0;
    }

    private List<Pending> take() {
        var first = waiting.removeFirst();
        var taken = new ArrayList<Pending>();
        taken.add(first);
        if (maxSize == 1) {
            return taken;
        }
        long samples = first.samples();
        long bytes = first.bytes();
        for (var others = waiting.iterator(); others.hasNext() && samples < maxSize; ) {
            var other = others.next();
            if (samples + other.samples() <= maxSize && bytes + other.bytes() <= MOST_BYTES && first.fits(other)) {
                others.remove();
                taken.add(other);
                samples += other.samples();
                bytes += other.bytes();
            }
        }
        return taken;
    }

    void close() {
        lock.lock();
        try {
            closed = true;
            promised = false;
            idle.signalAll();
            enough.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
