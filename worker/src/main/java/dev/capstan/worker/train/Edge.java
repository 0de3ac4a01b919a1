package dev.capstan.worker.train;

import dev.capstan.worker.outcome.Failure;
import dev.capstan.worker.step.Position;

/** What is done between two steps. */
public interface Edge {
    /** Nothing at all. */
    Edge NONE = position -> {};

    /**
     * Called by every rank at the same step.
     *
     * @throws Failure Terminated if the training is to end here
     */
    void reached(Position position);
}
