package dev.capstan.worker.ring;

import java.util.concurrent.atomic.AtomicInteger;

/** What was wished here and not sent yet. Any thread may use it. */
final class Wished {
    private final AtomicInteger bits = new AtomicInteger();

    void add(Wish wish) {
        bits.accumulateAndGet(wish.bit(), (left, right) -> left | right);
    }

    /** Taken, not read: a wish that comes from now on goes with the next operation. Who would leave says so in each. */
    int take() {
        return bits.getAndUpdate(now -> now & Wish.LEAVE.bit());
    }
}
