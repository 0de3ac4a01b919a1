package dev.capstan.controllers.gang;

import java.util.List;

/** What became of one waiting gang. */
public sealed interface Decision {
    Gang gang();

    /** There is room for all: a node for each rank, in rank order. */
    record Placed(Gang gang, List<String> nodes) implements Decision {
        public Placed {
            if (nodes.size() != gang.size()) {
                throw new IllegalArgumentException("all or nothing: " + nodes.size() + " of " + gang.size());
            }
        }
    }

    /** There would be room if others were gone; says with numbers what is missing. */
    record NotNow(Gang gang, String message) implements Decision {}

    /** Even empty nodes have no room for it; says with numbers what is missing. */
    record NeverFits(Gang gang, String message) implements Decision {}
}
