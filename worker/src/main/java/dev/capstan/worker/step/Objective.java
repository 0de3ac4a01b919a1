package dev.capstan.worker.step;

import dev.capstan.worker.data.Samples;

/** What a model should answer: its stage's loss compares the outputs with that. */
public interface Objective {
    /** A 1 at the sample's class. */
    Objective CLASSES = (samples, sample, target) -> target[samples.label(sample)] = 1;

    /** @param target one number for each output, all of them 0 */
    void fill(Samples samples, int sample, float[] target);
}
