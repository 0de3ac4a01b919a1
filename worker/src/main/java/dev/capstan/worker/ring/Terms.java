package dev.capstan.worker.ring;

import dev.capstan.worker.outcome.Failure;

/** Where the ring of the next term comes from. */
public interface Terms {
    /**
     * Tells what this rank has found, waits for another term, and joins its ring.
     *
     * @param found why the ring of the last term is of no use any more
     * @param operation the operation that waits, counted from 1 in the attempt; 0 if this rank has no state
     * @return the ring of a later term than any before
     * @throws Failure if none comes in time, or this rank is to end
     */
    Ring next(Failure found, long operation);

    /** An operation is complete in the new term. */
    void recovered(long operation);
}
