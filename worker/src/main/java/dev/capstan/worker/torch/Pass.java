package dev.capstan.worker.torch;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/** One way of a batch through a network, and what is left to do on the way back. */
final class Pass {
    private final boolean training;
    private final Tensor mask;
    private final long length;
    private final long longest;
    private final List<Runnable> afterwards = new ArrayList<>();
    private final ArrayDeque<Tensor> kept = new ArrayDeque<>();

    /**
     * @param training whether the gradient is wanted, and so dropout and the batch's own statistics
     * @param mask 1 where a sample has a word, samples by time; null if all are equally long, or no sequences
     * @param length how many time steps samples have before DL4J
     * @param longest how many the longest sample has; those behind are left out here
     */
    Pass(boolean training, Tensor mask, long length, long longest) {
        this.training = training;
        this.mask = mask;
        this.length = length;
        this.longest = longest;
    }

    boolean training() {
        return training;
    }

    Tensor mask() {
        return mask;
    }

    long length() {
        return length;
    }

    long longest() {
        return longest;
    }

    /** Keeps something for {@link #kept}, and gives it. */
    Tensor keep(Tensor tensor) {
        kept.push(tensor);
        return tensor;
    }

    /** What was kept last, which is kept no longer. */
    Tensor kept() {
        return kept.pop();
    }

    /** Has something done when the derivatives are there. */
    void afterwards(Runnable work) {
        afterwards.add(work);
    }

    void finish() {
        afterwards.forEach(Runnable::run);
    }
}
