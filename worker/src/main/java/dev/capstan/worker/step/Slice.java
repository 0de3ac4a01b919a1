package dev.capstan.worker.step;

/**
 * A stretch of a model's flattened parameters, and of its gradient, which lies as they do.
 *
 * @param offset numbers before it
 * @param length numbers in it
 * @param kind what its gradient is
 */
public record Slice(long offset, long length, Kind kind) {
    /** What the gradient of a stretch is. */
    public enum Kind {
        /** The derivative of the loss: a sum over samples. */
        DERIVATIVE,
        /**
         * What batch normalization's running mean or variance is about to lose: a mean over samples, and no derivative.
         */
        STATISTIC,
        /** Of no meaning: the parameters stay what they are. */
        FROZEN
    }
}
