package dev.capstan.worker.step;

import java.nio.FloatBuffer;

/** Places for so many samples, where the engine reads them; filled anew for each step. */
public interface Batch {
    /** Number of samples. */
    int rows();

    /** The samples' numbers, row by row. */
    FloatBuffer inputs();

    /** What the model should answer, row by row. */
    FloatBuffer targets();

    /** 1 where a sample has a word and 0 where it has none any more, row by row; null if samples are no sequences. */
    FloatBuffer mask();
}
