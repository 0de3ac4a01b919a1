package dev.capstan.worker.train;

import dev.capstan.protocol.Training;
import dev.capstan.worker.step.Flat;
import dev.capstan.worker.step.Slice;
import dev.capstan.worker.step.Weights;
import java.util.List;

/**
 * Bounds the mean gradient of the whole batch. It has to be done after the gradients of all ranks were added up: DL4J's
 * own clipping would do it layer by layer.
 */
final class Clipping implements Weights {
    private final Training.Clipping bound;
    private final List<Slice> derivatives;

    /**
     * @param bound of the mean gradient
     * @param slices of the gradient; statistics are no gradient, so they are never clipped
     */
    Clipping(Training.Clipping bound, List<Slice> slices) {
        this.bound = bound;
        derivatives = slices.stream()
                .filter(each -> each.kind() == Slice.Kind.DERIVATIVE)
                .toList();
    }

    @Override
    public void reduced(Flat gradient, int samples) {
        if (bound.maxNorm() > 0) {
            double norm = norm(gradient) / samples;
            if (norm > bound.maxNorm()) {
                derivatives.forEach(each -> gradient.scale(each, bound.maxNorm() / norm));
            }
        } else {
            derivatives.forEach(each -> gradient.clamp(each, bound.maxValue() * samples));
        }
    }

    private double norm(Flat gradient) {
        double squares = 0;
        for (var each : derivatives) {
            double norm = gradient.norm(each);
            squares += norm * norm;
        }
        return Math.sqrt(squares);
    }
}
