package dev.capstan.worker.compress.quantize;

import java.util.Arrays;
import onnx.Onnx.TensorProto;

/**
 * A layer's weights and bias as integers.
 *
 * @param values of the weights, as they lie in the layer
 * @param byChannel whether each output channel has a scale
 * @param scales one, or one for each output channel
 * @param zeroPoint of all weights
 * @param bias as int32; empty without
 * @param biasScales scale of input × weights, as many as of the weights
 */
record Weights(byte[] values, boolean byChannel, float[] scales, byte zeroPoint, int[] bias, float[] biasScales) {
    /** What a bias takes of int32: the rest is for the correction, and for the products that are added to it. */
    private static final double BIAS_STEPS = 1 << 30;
    /** A bias that has no weights beside it is met as closely as a float holds it. */
    private static final double DEAD_STEPS = 1 << 24;

    /**
     * Quantizes a layer. A channel of nothing but zeros becomes zeros, whatever its scale.
     *
     * @param input how the layer's input is quantized
     * @param means of the input by channel, for the bias's correction; empty without
     * @throws IllegalArgumentException if the layer's numbers are too large for any scale
     */
    static Weights of(Layer layer, Affine input, double[] means, Settings settings, Granularity granularity) {
        // A table has one scale: with one for each column, the runtime takes longer to make floats of what was looked
        // up
        // than it takes to look up floats.
        boolean byChannel = granularity == Granularity.CHANNEL && layer.axis() >= 0 && !layer.isTable();
        var floats = Tensors.floats(layer.weight());
        var maps = maps(layer, floats, input, byChannel, settings);
        var values = new byte[floats.length];
        // Mean error that rounding brings to each output channel: the corrected bias takes it away.
        var errors = new double[layer.axis() < 0 ? 0 : layer.channels()];
        int inner = Layer.inner(layer.weight(), layer.axis());
        for (int each = 0; each < floats.length; each++) {
            int channel = errors.length == 0 ? 0 : each / inner % errors.length;
            var map = maps[byChannel ? channel : 0];
            values[each] = (byte) map.quantize(floats[each]);
            if (means.length > 0 && errors.length > 0) {
                errors[channel] += (map.dequantize(values[each]) - (double) floats[each])
                        * means[inputChannel(layer, each, channel)];
            }
        }
        var scales = new float[maps.length];
        var biasScales = new float[maps.length];
        for (int each = 0; each < maps.length; each++) {
            scales[each] = maps[each].scale();
            biasScales[each] = input.scale() * scales[each];
        }
        boolean corrected = Arrays.stream(errors).anyMatch(each -> each != 0)
                && !layer.node().getOpType().equals("MatMul");
        int[] bias = {};
        if (corrected || !layer.bias().isEmpty()) {
            bias = new int[layer.channels()];
            for (int channel = 0; channel < bias.length; channel++) {
                double real = layer.bias().isEmpty() ? 0 : layer.bias().get(channel);
                double steps = Math.rint((real - errors[channel]) / biasScales[byChannel ? channel : 0]);
                bias[channel] = (int) Math.clamp(steps, -2 * BIAS_STEPS + 1, 2 * BIAS_STEPS - 1);
            }
        }
        return new Weights(values, byChannel, scales, (byte) maps[0].zeroPoint(), bias, biasScales);
    }

    private static Affine[] maps(Layer layer, float[] floats, Affine input, boolean byChannel, Settings settings) {
        int count = byChannel ? layer.channels() : 1;
        var least = new double[count];
        var greatest = new double[count];
        var biases = new double[count];
        int inner = Layer.inner(layer.weight(), layer.axis());
        for (int each = 0; each < floats.length; each++) {
            int channel = each / inner % count;
            least[channel] = Math.min(least[channel], floats[each]);
            greatest[channel] = Math.max(greatest[channel], floats[each]);
        }
        for (int channel = 0; channel < layer.bias().size(); channel++) {
            int at = byChannel ? channel : 0;
            biases[at] = Math.max(biases[at], Math.abs(layer.bias().get(channel)));
        }
        // Nothing is multiplied by a table.
        var range = layer.isTable() ? WeightRange.FULL : settings.weightRange().resolved();
        int highest = range.highest();
        var maps = new Affine[count];
        for (int each = 0; each < count; each++) {
            double largest = Math.max(-least[each], greatest[each]);
            var map = settings.weights() == Scheme.SYMMETRIC
                    ? Affine.symmetric(largest, highest)
                    : Affine.asymmetric(least[each], greatest[each], -highest - (highest == 127 ? 1 : 0), highest);
            double scale = map.scale();
            if (largest == 0 && biases[each] > 0) {
                scale = biases[each] / input.scale() / DEAD_STEPS;
            }
            // Where weights are tiny and the bias isn't, the bias must still fit into int32.
            scale = Math.max(scale, biases[each] / input.scale() / BIAS_STEPS);
            // The bias's scale must be a normal number as well.
            scale = Math.max(scale, Float.MIN_NORMAL / Math.min(1, input.scale()) * (1 + 1e-6));
            if (scale * input.scale() > Float.MAX_VALUE || scale > Float.MAX_VALUE) {
                throw new IllegalArgumentException("the weights of " + layer.name() + " (up to " + largest
                        + ") and its input (in steps of " + input.scale()
                        + ") are so large that their product isn't finite; name the layer as exempt");
            }
            maps[each] = new Affine((float) scale, map.zeroPoint(), map.lowest(), map.highest());
        }
        return maps;
    }

    /** The channel of the layer's input that a weight is multiplied by. */
    private static int inputChannel(Layer layer, int index, int channel) {
        TensorProto weight = layer.weight();
        if (!layer.isConvolution()) {
            int columns = (int) weight.getDims(1);
            return layer.axis() == 0 ? index % columns : index / columns;
        }
        int ofGroup = (int) weight.getDims(1);
        int inner = Layer.inner(weight, 1);
        int outputsOfGroup = layer.channels() / (int) Graph.integer(layer.node(), "group", 1);
        return channel / outputsOfGroup * ofGroup + index / inner % ofGroup;
    }
}
