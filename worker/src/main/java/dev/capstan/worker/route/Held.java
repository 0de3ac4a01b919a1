package dev.capstan.worker.route;

import java.util.concurrent.atomic.AtomicInteger;

/** How many requests wait for a replica, in all loops, and how many may. */
final class Held {
    private final int most;
    private final AtomicInteger count = new AtomicInteger();

    Held(int most) {
        this.most = most;
    }

    /** One more waits, unless too many do. */
    boolean enter() {
        if (count.incrementAndGet() <= most) {
            return true;
        }
        count.decrementAndGet();
        return false;
    }

    void leave() {
        count.decrementAndGet();
    }

    int count() {
        return count.get();
    }
}
