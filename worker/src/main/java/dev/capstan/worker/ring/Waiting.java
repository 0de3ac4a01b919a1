package dev.capstan.worker.ring;

import java.io.Closeable;
import java.io.IOException;

/** How a rank waits for its two connections. */
interface Waiting extends Closeable {
    /**
     * Waits until a connection is ready, or for some time.
     *
     * @param receives whether the previous rank's bytes are waited for
     * @param sends whether room for bytes to the next rank is waited for
     */
    void await(boolean receives, boolean sends, long millis) throws IOException;

    /** Ends the waiting that is under way, or the next one. Any thread may call it. */
    void wakeUp();
}
