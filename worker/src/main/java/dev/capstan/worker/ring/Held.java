package dev.capstan.worker.ring;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/** What every rank holds the same of, as the last edge left it: a newcomer gets it from a peer. */
public interface Held {
    /** Writes the same bytes on each rank; leaves the stream open. */
    void write(OutputStream out) throws IOException;

    /**
     * Takes over what a peer has written.
     *
     * @throws IOException if it can't be read, or is another job's
     */
    void read(InputStream in) throws IOException;
}
