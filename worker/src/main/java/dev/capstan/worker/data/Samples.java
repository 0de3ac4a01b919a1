package dev.capstan.worker.data;

/**
 * Samples with what is to be told of them, checked whole when they were read. Any number of threads may read them at
 * once.
 */
public interface Samples {
    /** Number of samples, at least 1. */
    int size();

    /** What each sample is to a network. */
    Shape shape();

    /** Numbers in one sample. */
    default int inputs() {
        return shape().inputs();
    }

    /**
     * The class of a sample, 0 to classes - 1.
     *
     * @throws IllegalStateException if samples have numbers to predict instead, see {@link #targets}
     */
    int label(int sample);

    /** How many numbers there are to predict of each sample; 0 if each has a class. */
    default int targets() {
        return 0;
    }

    /**
     * Writes what a network should answer to a sample: the numbers to predict, or a 1 at its class.
     *
     * @param target one number for each output, all of them 0
     */
    default void copyTarget(int sample, float[] target) {
        target[label(sample)] = 1;
    }

    /** How many of a sample's numbers mean something, at least 1: all of them, but for {@link Shape.Tokens}. */
    default int length(int sample) {
        return inputs();
    }

    /** Writes a sample's {@link #inputs()} numbers into the target, from the offset on. */
    void copyInputs(int sample, float[] target, int offset);

    /** The samples of these numbers, in this order. */
    default Samples subset(int[] indices) {
        return new Subset(this, indices);
    }

    /** Some of another's samples. */
    record Subset(Samples all, int[] indices) implements Samples {
        @Override
        public int size() {
            return indices.length;
        }

        @Override
        public Shape shape() {
            return all.shape();
        }

        @Override
        public int label(int sample) {
            return all.label(indices[sample]);
        }

        @Override
        public int targets() {
            return all.targets();
        }

        @Override
        public void copyTarget(int sample, float[] target) {
            all.copyTarget(indices[sample], target);
        }

        @Override
        public int length(int sample) {
            return all.length(indices[sample]);
        }

        @Override
        public void copyInputs(int sample, float[] target, int offset) {
            all.copyInputs(indices[sample], target, offset);
        }
    }
}
