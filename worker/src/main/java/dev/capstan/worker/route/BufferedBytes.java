package dev.capstan.worker.route;

import java.util.concurrent.atomic.AtomicLong;

/** The memory that bodies of requests take, all together, and its bound. */
final class BufferedBytes {
    private final long most;
    private final AtomicLong taken = new AtomicLong();

    BufferedBytes(long most) {
        this.most = most;
    }

    /** Whether there was room for that many more; if so, they are taken. */
    boolean take(long bytes) {
        if (taken.addAndGet(bytes) <= most) {
            return true;
        }
        taken.addAndGet(-bytes);
        return false;
    }

    void giveBack(long bytes) {
        taken.addAndGet(-bytes);
    }

    long taken() {
        return taken.get();
    }

    long most() {
        return most;
    }
}
