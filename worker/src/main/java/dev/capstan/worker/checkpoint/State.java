package dev.capstan.worker.checkpoint;

import dev.capstan.worker.artifact.DurableFile;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Map;
import java.util.Optional;

/**
 * All that a training needs to go on where it stands: parameters, the optimizer's state, the position, what early
 * stopping has seen. Every rank holds the same, so any of them may write it, and whoever reads it goes on as they do.
 */
public interface State {
    /** Where the training stands, and whose it is. */
    Description description();

    /**
     * Its parts by name, in the order in which {@link #read} asks for them; the same bytes whichever rank writes them.
     */
    Map<String, DurableFile.Content> parts();

    /**
     * Takes over what another has written.
     *
     * @throws IOException if it can't be read, or is of another model
     */
    void read(Parts parts) throws IOException;

    /** What {@link State#parts} wrote. */
    interface Parts {
        /** A part, to be closed; empty if there is none of that name. */
        Optional<InputStream> open(String name) throws IOException;
    }

    /** Something that belongs to a state besides network and position, and is kept beside them. */
    interface Part {
        /** The name of its file in a checkpoint. */
        String name();

        /** Writes the same bytes at each call, whichever rank does; leaves the stream open. */
        void write(OutputStream out) throws IOException;

        /**
         * Takes over what another has written.
         *
         * @throws IOException if it can't be read, or is of another model
         */
        void read(InputStream in) throws IOException;
    }
}
