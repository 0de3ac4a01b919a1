package dev.capstan.worker.ring;

import java.util.EnumSet;
import java.util.Set;

/** What any worker may ask of all: it travels with the next all-reduce, so that all hear of it at the same step. */
public enum Wish {
    /** Keep the state that all ranks hold. */
    CHECKPOINT,
    /** End. */
    STOP;

    int bit() {
        return 1 << ordinal();
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
