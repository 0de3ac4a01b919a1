package dev.capstan.worker.onnx;

import dev.capstan.worker.data.Samples;
import dev.capstan.worker.onnx.OnnxSession.Tensor;

/**
 * Where a model takes samples, and where it says what it makes of them.
 *
 * @param input name of the input
 * @param sample dimensions of one sample there; null for its numbers in a row
 * @param channelsLast whether an image's channels are the last of these; else they are the first
 * @param most samples at once
 * @param output name of the output with a number for each class
 */
public record Signature(String input, long[] sample, boolean channelsLast, int most, String output) {
    /** Of the models that {@link OnnxExport} writes. */
    public static final Signature OWN =
            new Signature(OnnxExport.INPUT, null, false, Integer.MAX_VALUE, OnnxExport.OUTPUT);

    /** Samples as the model takes them. */
    public Tensor tensor(Samples samples, int... which) {
        int length = samples.inputs();
        var values = new float[which.length * length];
        for (int i = 0; i < which.length; i++) {
            samples.copyInputs(which[i], values, i * length);
        }
        if (sample == null) {
            return Tensor.rows(values, which.length);
        }
        var shape = new long[sample.length + 1];
        shape[0] = which.length;
        System.arraycopy(sample, 0, shape, 1, sample.length);
        return new Tensor(channelsLast ? turned(values, which.length) : values, shape);
    }

    /** Height, width, channels of what is channels, height, width. */
    private float[] turned(float[] values, int count) {
        int channels = (int) sample[sample.length - 1];
        int pixels = values.length / count / channels;
        var turned = new float[values.length];
        for (int each = 0; each < count; each++) {
            int start = each * pixels * channels;
            for (int channel = 0; channel < channels; channel++) {
                for (int pixel = 0; pixel < pixels; pixel++) {
                    turned[start + pixel * channels + channel] = values[start + channel * pixels + pixel];
                }
            }
        }
        return turned;
    }

    /** The same for fewer samples at once. */
    Signature atMost(int samples) {
        return new Signature(input, sample, channelsLast, samples, output);
    }
}
