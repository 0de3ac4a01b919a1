package dev.capstan.worker.checkpoint;

import dev.capstan.protocol.Progress;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.time.Clock;
import java.util.List;

/**
 * Where a job's checkpoints lie, each under a name that {@link CheckpointFolder#STEP} matches. One with a name is whole
 * whenever the machine died, unless something has happened to it since.
 */
sealed interface Shelf permits VolumeShelf, BucketShelf {
    /** Removes what earlier attempts left half written, and finds out whether checkpoints can be written. */
    void prepare() throws IOException;

    /** The names of all checkpoints; none if the place isn't there. */
    List<String> names() throws IOException;

    /** Whether there is a checkpoint of that name, whole or broken. */
    boolean exists(String name) throws IOException;

    /**
     * Whether an attempt may try a name that others try, too, because only one can have it and the other finds out.
     * Where that isn't so, each attempt has names of its own.
     */
    boolean sharesNames();

    /**
     * Where its training stood, and whose it is; nothing is verified.
     *
     * @throws NoSuchFileException if that is missing
     * @throws IllegalArgumentException if it can't be understood
     */
    Description description(String name) throws IOException;

    /**
     * A checkpoint to go on from, each file of which has the digest that it was written with.
     *
     * @throws NoSuchFileException if a file is missing
     * @throws IllegalArgumentException if it is broken otherwise
     */
    Checkpoint read(String name) throws IOException;

    /** Writes a checkpoint, all of it or nothing, and verifies it; there is none of that name. */
    Progress.Checkpoint write(String name, State state, Clock clock) throws IOException;

    /** Removes a checkpoint; one that is half removed has no name any more. */
    void remove(String name) throws IOException;

    /** Takes away what was made to begin with and isn't needed in the end. */
    void tidy();

    /** A checkpoint, as the user names places. */
    String uri(String name);

    /** Where that is in the pod, in brackets and after a space; empty if it is nowhere in it. */
    String inThePod();

    /** What to say after what went wrong with writing. */
    String needs();

    /** What to say after what went wrong on another rank than the one that writes. */
    String needsOfOthers();
}
