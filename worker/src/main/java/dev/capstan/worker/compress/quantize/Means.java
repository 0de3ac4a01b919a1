package dev.capstan.worker.compress.quantize;

/** The mean of a layer's input by channel, over all samples and positions; in memory that doesn't grow with them. */
final class Means {
    private final int axis;
    private double[] sums = {};
    private long count;

    /** @param axis of the channels; -1 is the last */
    Means(int axis) {
        this.axis = axis;
    }

    void add(float[] values, long[] shape) {
        int channels = (int) shape[axis < 0 ? shape.length + axis : axis];
        int inner = 1;
        for (int each = (axis < 0 ? shape.length + axis : axis) + 1; each < shape.length; each++) {
            inner *= (int) shape[each];
        }
        if (sums.length == 0) {
            sums = new double[channels];
        }
        for (int at = 0; at < values.length; at += inner) {
            double sum = 0;
            for (int each = 0; each < inner; each++) {
                sum += values[at + each];
            }
            sums[at / inner % channels] += sum;
        }
        count += values.length / channels;
    }

    /** The mean of each channel. */
    double[] means() {
        var means = new double[sums.length];
        for (int channel = 0; channel < means.length; channel++) {
            means[channel] = sums[channel] / Math.max(count, 1);
        }
        return means;
    }
}
