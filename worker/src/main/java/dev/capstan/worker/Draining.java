package dev.capstan.worker;

import dev.capstan.protocol.Outcome;

/** What answers requests until it is asked to stop. */
interface Draining {
    /**
     * Takes nothing new, answers what has come, as long as the pod may live, and tells how that went. Called once, by
     * the thread that SIGTERM starts.
     */
    Outcome drain();
}
