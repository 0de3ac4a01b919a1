package dev.capstan.worker.train;

import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.data.Samples;
import dev.capstan.worker.data.Shape;
import dev.capstan.worker.outcome.Failure;
import dev.capstan.worker.step.Position;

/** Ends a rank right after a step, or while it reads the next one's samples; by step -1 it never does. */
final class LostRank implements Edge, Samples {
    private final Samples samples;
    private final int step;
    private final boolean computing;
    private boolean due;

    LostRank(Samples samples, int step, boolean computing) {
        this.samples = samples;
        this.step = step;
        this.computing = computing;
    }

    @Override
    public void reached(Position position) {
        due = position.step() == step;
        if (due && !computing) {
            throw new Failure(Reason.PeerLost, "gone");
        }
    }

    @Override
    public void copyInputs(int sample, float[] target, int offset) {
        if (due) {
            throw new Failure(Reason.PeerLost, "gone");
        }
        samples.copyInputs(sample, target, offset);
    }

    @Override
    public int size() {
        return samples.size();
    }

    @Override
    public Shape shape() {
        return samples.shape();
    }

    @Override
    public int label(int sample) {
        return samples.label(sample);
    }
}
