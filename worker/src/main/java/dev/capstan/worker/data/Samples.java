package dev.capstan.worker.data;

/** Labelled samples in memory, checked whole when they were read. */
public interface Samples {
    /** Number of samples, at least 1. */
    int size();

    /** Numbers in one sample. */
    int inputs();

    /** The class of a sample, 0 to classes - 1. */
    int label(int sample);

    /** The samples of these numbers, in this order. */
    default Samples subset(int[] indices) {
        return new Subset(this, indices);
    }

    /** Writes a sample's {@link #inputs()} numbers into the target, from the offset on. */
    void copyInputs(int sample, float[] target, int offset);

    /**
     * Greyscale images.
     *
     * @param pixels one row an image; a pixel is an unsigned byte, and reads as 0 to 1
     * @param labels the class of each image
     * @param inputs pixels in one image
     */
    record Images(byte[][] pixels, int[] labels, int inputs) implements Samples {
        private static final float[] SCALED = new float[256];

        static {
            for (int value = 0; value < SCALED.length; value++) {
                SCALED[value] = value / 255f;
            }
        }

        @Override
        public int size() {
            return labels.length;
        }

        @Override
        public int label(int sample) {
            return labels[sample];
        }

        @Override
        public void copyInputs(int sample, float[] target, int offset) {
            var row = pixels[sample];
            for (int i = 0; i < row.length; i++) {
                target[offset + i] = SCALED[row[i] & 0xff];
            }
        }
    }

    /** Some of another's samples. */
    record Subset(Samples all, int[] indices) implements Samples {
        @Override
        public int size() {
            return indices.length;
        }

        @Override
        public int inputs() {
            return all.inputs();
        }

        @Override
        public int label(int sample) {
            return all.label(indices[sample]);
        }

        @Override
        public void copyInputs(int sample, float[] target, int offset) {
            all.copyInputs(indices[sample], target, offset);
        }
    }

    /**
     * Rows of numbers.
     *
     * @param rows one row a sample, all of the same length
     * @param labels the class of each row
     * @param inputs numbers in one row
     */
    record Numbers(float[][] rows, int[] labels, int inputs) implements Samples {
        @Override
        public int size() {
            return labels.length;
        }

        @Override
        public int label(int sample) {
            return labels[sample];
        }

        @Override
        public void copyInputs(int sample, float[] target, int offset) {
            System.arraycopy(rows[sample], 0, target, offset, inputs);
        }
    }
}
