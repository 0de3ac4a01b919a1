package dev.capstan.worker.serve.ask;

import dev.capstan.worker.data.Shape;
import dev.capstan.worker.serve.DataType;
import dev.capstan.worker.serve.Tensor;
import dev.capstan.worker.serve.TensorSpec;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * How a model takes samples that are rows of numbers here.
 *
 * @param spec of its one input
 * @param sample dimensions of one sample there
 * @param channelsLast whether an image's channels are the last of these; else they are the first, as in the rows
 */
record Layout(TensorSpec spec, long[] sample, boolean channelsLast) {
    /** Empty if the model doesn't take such samples. */
    static Optional<Layout> of(List<TensorSpec> inputs, Shape shape) {
        if (inputs.size() != 1 || !isTaken(inputs.getFirst().type(), shape)) {
            return Optional.empty();
        }
        var spec = inputs.getFirst();
        return switch (shape) {
            case Shape.Flat(var length) -> fitting(spec, false, length);
            case Shape.Tokens(var length, var vocabulary) -> fitting(spec, false, length);
            case Shape.Image(var height, var width, var channels) ->
                fitting(spec, false, channels, height, width)
                        .or(() -> fitting(spec, true, height, width, channels))
                        .or(() -> fitting(spec, false, shape.inputs()))
                        .or(() -> channels == 1 ? fitting(spec, false, height, width) : Optional.empty());
        };
    }

    private static boolean isTaken(DataType type, Shape shape) {
        boolean words = shape instanceof Shape.Tokens && (type == DataType.INT64 || type == DataType.INT32);
        return type == DataType.FP32 || words;
    }

    private static Optional<Layout> fitting(TensorSpec spec, boolean channelsLast, long... sample) {
        var shape = spec.shape();
        boolean fits = shape.length == sample.length + 1 && (shape[0] < 0 || shape[0] == 1);
        for (int i = 0; fits && i < sample.length; i++) {
            fits = shape[i + 1] < 0 || shape[i + 1] == sample[i];
        }
        return fits ? Optional.of(new Layout(spec, sample, channelsLast)) : Optional.empty();
    }

    /** Whether it takes several samples in one request. */
    boolean takesMore() {
        return spec.shape()[0] < 0;
    }

    /** Samples as the model takes them. */
    Tensor tensor(List<float[]> samples) {
        int length = samples.getFirst().length;
        int size = spec.type().size();
        var data = ByteBuffer.allocateDirect(Math.multiplyExact(samples.size(), size * length))
                .order(ByteOrder.LITTLE_ENDIAN);
        for (var each : samples) {
            put(channelsLast ? turned(each) : each, data);
        }
        var shape = new long[sample.length + 1];
        shape[0] = samples.size();
        System.arraycopy(sample, 0, shape, 1, sample.length);
        return new Tensor(spec.type(), shape, data.flip());
    }

    private void put(float[] row, ByteBuffer data) {
        switch (spec.type()) {
            case INT64 -> {
                for (float each : row) {
                    data.putLong((long) each);
                }
            }
            case INT32 -> {
                for (float each : row) {
                    data.putInt((int) each);
                }
            }
            default -> {
                for (float each : row) {
                    data.putFloat(each);
                }
            }
        }
    }

    /** Height, width, channels of what is channels, height, width. */
    private float[] turned(float[] row) {
        int channels = (int) sample[sample.length - 1];
        int pixels = row.length / channels;
        var turned = Arrays.copyOf(row, row.length);
        for (int channel = 0; channel < channels; channel++) {
            for (int pixel = 0; pixel < pixels; pixel++) {
                turned[pixel * channels + channel] = row[channel * pixels + pixel];
            }
        }
        return turned;
    }
}
