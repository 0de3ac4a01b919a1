package dev.capstan.worker.train;

import dev.capstan.worker.data.Samples;
import dev.capstan.worker.step.Batch;
import dev.capstan.worker.step.Objective;
import java.util.Arrays;

/** Brings samples, and what a model should answer to them, to where an engine reads them. */
final class Filler {
    private final Samples samples;
    private final Objective objective;
    private final float[] row;
    private final float[] target;

    /** @param classes number of output units */
    Filler(Samples samples, Objective objective, int classes) {
        this.samples = samples;
        this.objective = objective;
        row = new float[samples.inputs()];
        target = new float[classes];
    }

    /** Fills the batch with the samples at these places of the order, as many as it has rows. */
    void fill(Batch batch, int[] order, Schedule.Range places) {
        for (int i = 0; i < places.size(); i++) {
            int sample = order[places.from() + i];
            samples.copyInputs(sample, row, 0);
            batch.inputs().put(i * row.length, row);
            Arrays.fill(target, 0);
            objective.fill(samples, sample, target);
            batch.targets().put(i * target.length, target);
            if (batch.mask() != null) {
                Arrays.fill(row, 0, samples.length(sample), 1);
                Arrays.fill(row, samples.length(sample), row.length, 0);
                batch.mask().put(i * row.length, row);
            }
        }
    }
}
