package dev.capstan.worker.ring;

import java.util.EnumSet;
import java.util.Set;

/** What any worker may ask of all: it travels with the next all-reduce, so that all hear of it at the same step. */
public enum Wish {
    /** Keep the state that all ranks hold. */
    CHECKPOINT,
    /** End. */
    STOP,
    /** End, where others go on: whoever wishes that goes on wishing it, and when all do, it is a wish to stop. */
    LEAVE;

    int bit() {
        return 1 << ordinal();
    }

    /** What all of them wish together, by the bits of each. */
    static int together(int... each) {
        int any = 0;
        int all = LEAVE.bit();
        for (int bits : each) {
            any |= bits;
            all &= bits;
        }
        return any & ~LEAVE.bit() | (all == 0 ? 0 : STOP.bit());
    }

    static Set<Wish> of(int bits) {
        var wishes = EnumSet.noneOf(Wish.class);
        for (var wish : values()) {
            if ((bits & wish.bit()) != 0) {
                wishes.add(wish);
            }
        }
        return wishes;
    }
}
