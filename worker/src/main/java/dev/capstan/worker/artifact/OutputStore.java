package dev.capstan.worker.artifact;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Where an artifact goes, and how it gets there all or not at all. Whatever one attempt does here, another that was
 * thought lost may do at the same time.
 */
sealed interface OutputStore permits VolumeOutput, BucketOutput {
    /**
     * Makes the folder if need be, removes what killed attempts of this job have left, and finds out whether the
     * artifact can be written.
     */
    void prepare() throws IOException;

    /**
     * The manifest that is there.
     *
     * @throws IllegalArgumentException if it is none
     */
    Optional<Manifest> manifest() throws IOException;

    /** Whether there is a file that somebody put there by hand, under a name that people know. */
    boolean has(String name) throws IOException;

    /** Whether all files that the manifest names are there, as they were written. */
    boolean isWhole(Manifest manifest) throws IOException;

    /** Takes away the artifact of this very job, which is damaged, if it would be in the new one's way. */
    void discard() throws IOException;

    /** Finishes what the attempt of this job that wrote the manifest may have had left to do. */
    void settle(Manifest manifest) throws IOException;

    /** Where a file of this attempt is written before there is a manifest that names it. */
    Path temporary(String name);

    /** Lets others see what a temporary file has so far, where they don't anyway. */
    void show(String name) throws IOException;

    /** Whether what others see of a training that goes on could be taken for that of the model which is there. */
    boolean mixes(String name) throws IOException;

    /**
     * Makes the temporary files that the manifest names the artifact.
     *
     * @return false if somebody else's manifest has come since {@link #manifest} was called
     */
    boolean commit(Manifest manifest) throws IOException;

    /** Where that is in the pod, in brackets and after a space; empty if it is nowhere in it. */
    String inThePod();

    /** What to say after what went wrong. */
    String needs();
}
