package dev.capstan.worker.step;

import dev.capstan.worker.data.Samples;

/** What a model should answer: its stage's loss compares the outputs with that. */
public interface Objective {
    /** What the samples themselves say: a 1 at a sample's class, or the numbers to predict. */
    Objective TARGETS = Samples::copyTarget;

    /** @param target one number for each output, all of them 0 */
    void fill(Samples samples, int sample, float[] target);
}
