package dev.capstan.worker.compress.quantize;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import onnx.Onnx.NodeProto;
import org.junit.jupiter.api.Test;

class WeightsTest {
    private static final Settings FULL = Settings.standard().withWeightRange(WeightRange.FULL);
    private static final Affine INPUT = new Affine(0.05f, 0, 0, 255);
    private static final double[] NONE = {};

    private static Layer dense(long inputs, long outputs, float[] weights, Float... bias) {
        var node = NodeProto.newBuilder().setOpType("Gemm").setName("dense");
        return new Layer(node, Tensors.floats("w", List.of(inputs, outputs), weights), 1, List.of(bias));
    }

    @Test
    void eachWeightComesBackWithinHalfAStep() {
        var random = new Random(1);
        for (var settings : List.of(
                FULL,
                FULL.withWeightRange(WeightRange.REDUCED),
                FULL.withWeights(Scheme.SYMMETRIC, Granularity.TENSOR),
                FULL.withWeights(Scheme.ASYMMETRIC, Granularity.TENSOR))) {
            var floats = new float[50 * 8];
            for (int each = 0; each < floats.length; each++) {
                floats[each] = (float) (random.nextGaussian() + 0.5) * (each % 8 + 1);
            }
            var weights = Weights.of(dense(50, 8, floats), INPUT, NONE, settings, settings.granularity());
            int highest = settings.weightRange().highest();
            for (int each = 0; each < floats.length; each++) {
                float scale = weights.scales()[weights.byChannel() ? each % 8 : 0];
                double back = scale * (weights.values()[each] - weights.zeroPoint());
                assertEquals(floats[each], back, scale * 0.50001);
                assertTrue(weights.values()[each] >= -highest - 1 && weights.values()[each] <= highest);
            }
            assertEquals(weights.byChannel() ? 8 : 1, weights.scales().length);
        }
    }

    @Test
    void aDeadChannelBecomesZerosAndKeepsItsBias() {
        for (var settings : List.of(FULL, FULL.withWeights(Scheme.SYMMETRIC, Granularity.TENSOR))) {
            for (float bias : new float[] {0, 1e-30f, 0.003f, 1e6f}) {
                var weights = Weights.of(
                        dense(2, 2, new float[4], bias, -bias), INPUT, NONE, settings, settings.granularity());
                assertArrayEquals(new byte[4], weights.values());
                for (int each = 0; each < 2; each++) {
                    float scale = weights.biasScales()[weights.byChannel() ? each : 0];
                    assertTrue(scale >= Float.MIN_NORMAL && Float.isFinite(scale));
                    assertEquals(each == 0 ? bias : -bias, weights.bias()[each] * scale, Math.abs(bias) * 1e-6);
                }
                for (float scale : weights.scales()) {
                    assertTrue(scale >= Float.MIN_NORMAL && Float.isFinite(scale));
                }
            }
        }
    }

    /** onnxruntime's own tool had to learn it: a bias beside tiny weights doesn't fit into int32 and was cut. */
    @Test
    void aBiasBesideTinyWeightsFits() {
        var weights =
                Weights.of(dense(1, 2, new float[] {1e-12f, 0.5f}, 5f, -4.5f), INPUT, NONE, FULL, Granularity.CHANNEL);
        assertEquals(5, weights.bias()[0] * (double) weights.biasScales()[0], 1e-6);
        assertEquals(-4.5, weights.bias()[1] * (double) weights.biasScales()[1], 1e-3);
        var whole =
                Weights.of(dense(1, 2, new float[] {1e-12f, 1e-12f}, 5f, -4.5f), INPUT, NONE, FULL, Granularity.TENSOR);
        assertEquals(5, whole.bias()[0] * (double) whole.biasScales()[0], 1e-6);
        assertEquals(-4.5, whole.bias()[1] * (double) whole.biasScales()[0], 1e-6);
    }

    @Test
    void subnormalWeightsAndInputsHaveNormalScales() {
        for (float input : new float[] {Float.MIN_NORMAL, 1e-30f, 1, 1e30f}) {
            var weights = Weights.of(
                    dense(1, 3, new float[] {Float.MIN_VALUE, 1e-39f, 1e-5f}),
                    new Affine(input, 0, 0, 255),
                    NONE,
                    FULL,
                    Granularity.CHANNEL);
            for (int each = 0; each < 3; each++) {
                assertTrue(weights.scales()[each] >= Float.MIN_NORMAL);
                assertTrue(
                        weights.biasScales()[each] >= Float.MIN_NORMAL && Float.isFinite(weights.biasScales()[each]));
            }
        }
    }

    @Test
    void weightsWhoseProductIsNotFiniteAreRefusedByName() {
        var message = assertThrows(
                        IllegalArgumentException.class,
                        () -> Weights.of(
                                dense(1, 1, new float[] {3e38f}),
                                new Affine(1e36f, 0, 0, 255),
                                NONE,
                                FULL,
                                Granularity.CHANNEL))
                .getMessage();
        assertTrue(message.contains("dense") && message.contains("exempt"), message);
    }

    /** Nagel et al. 2019: the mean of what comes out is the float layer's. */
    @Test
    void theCorrectedBiasTakesAwayTheMeanError() {
        var random = new Random(2);
        var floats = new float[64 * 4];
        var means = new double[64];
        for (int each = 0; each < floats.length; each++) {
            floats[each] = (float) random.nextGaussian();
        }
        for (int each = 0; each < means.length; each++) {
            means[each] = random.nextDouble();
        }
        var layer = dense(64, 4, floats, 0.1f, 0.2f, 0.3f, 0.4f);
        double without = meanError(layer, floats, means, Weights.of(layer, INPUT, NONE, FULL, Granularity.CHANNEL));
        double with = meanError(layer, floats, means, Weights.of(layer, INPUT, means, FULL, Granularity.CHANNEL));
        assertTrue(with < without / 10, with + " with correction, " + without + " without");
    }

    private static double meanError(Layer layer, float[] floats, double[] means, Weights weights) {
        double largest = 0;
        for (int channel = 0; channel < 4; channel++) {
            double error = weights.bias()[channel] * (double) weights.biasScales()[channel]
                    - layer.bias().get(channel);
            for (int input = 0; input < means.length; input++) {
                int at = input * 4 + channel;
                error += (weights.values()[at] * (double) weights.scales()[channel] - floats[at]) * means[input];
            }
            largest = Math.max(largest, Math.abs(error));
        }
        return largest;
    }

    /** A weight of a grouped convolution meets the channels of its own group. */
    @Test
    void correctionKnowsGroups() {
        // Two groups of one input channel; the channel 1 has a mean of 0, so that its rounding errors don't count.
        var node = NodeProto.newBuilder().setOpType("Conv").setName("conv").addAttribute(Model.integer("group", 2));
        var values = new ArrayList<Float>();
        new Random(4).doubles(2 * 9).forEach(each -> values.add((float) each));
        var floats = new float[18];
        for (int each = 0; each < 18; each++) {
            floats[each] = values.get(each);
        }
        var layer = new Layer(node, Tensors.floats("w", List.of(2L, 1L, 3L, 3L), floats), 0, List.of());
        var weights = Weights.of(layer, INPUT, new double[] {100, 0}, FULL, Granularity.CHANNEL);
        assertTrue(weights.bias()[0] != 0);
        assertEquals(0, weights.bias()[1]);
    }
}
