package dev.capstan.worker.compress.prune;

import dev.capstan.worker.checkpoint.State;
import dev.capstan.worker.step.Flat;
import dev.capstan.worker.step.Mask;
import dev.capstan.worker.step.Weights;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/**
 * Keeps pruned weights at exactly 0 while the rest is trained further. Their gradient is made 0 before the optimizer
 * sees it, so that momentum and the moments of Adam have nothing of them either, and bounds of the gradient's norm
 * don't count them; the weights are made 0 after the update, whatever the optimizer brought along.
 */
public final class HeldAtZero implements Weights, State.Part {
    private final int parameters;
    private Mask mask;

    /** @param mask which weights, of all ranks the same */
    public HeldAtZero(Mask mask) {
        this.mask = mask;
        parameters = mask.length();
    }

    /** Which weights. */
    public Mask mask() {
        return mask;
    }

    @Override
    public void reduced(Flat gradient, int samples) {
        gradient.zero(mask);
    }

    @Override
    public void updated(Flat weights) {
        weights.zero(mask);
    }

    @Override
    public String name() {
        return "mask.bin";
    }

    @Override
    public void write(OutputStream out) throws IOException {
        mask.write(out);
    }

    @Override
    public void read(InputStream in) throws IOException {
        mask = Mask.read(in, parameters);
    }
}
