package dev.capstan.worker.data;

/** Labelled samples, checked whole when they were read. Any number of threads may read them at once. */
public interface Samples {
    /** Number of samples, at least 1. */
    int size();

    /** What each sample is to a network. */
    Shape shape();

    /** Numbers in one sample. */
    default int inputs() {
        return shape().inputs();
    }

    /** The class of a sample, 0 to classes - 1. */
    int label(int sample);

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
        public int length(int sample) {
            return all.length(indices[sample]);
        }

        @Override
        public void copyInputs(int sample, float[] target, int offset) {
            all.copyInputs(indices[sample], target, offset);
        }
    }
}
