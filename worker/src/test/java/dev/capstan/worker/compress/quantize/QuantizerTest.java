package dev.capstan.worker.compress.quantize;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.worker.onnx.OnnxSession.Tensor;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import onnx.Onnx.ModelProto;
import onnx.Onnx.NodeProto;
import onnx.Onnx.TensorProto.DataType;
import org.junit.jupiter.api.Test;

class QuantizerTest {
    private static final Settings SETTINGS = Settings.standard().withWeightRange(WeightRange.AUTO.resolved());
    private static final List<Settings> ALL = List.of(
            SETTINGS,
            SETTINGS.withActivations(Scheme.SYMMETRIC),
            SETTINGS.withWeights(Scheme.SYMMETRIC, Granularity.TENSOR),
            SETTINGS.withWeights(Scheme.ASYMMETRIC, Granularity.TENSOR),
            SETTINGS.withCalibration(new Calibration.Percentile(99.99)),
            SETTINGS.withCalibration(new Calibration.Entropy()),
            SETTINGS.withWeightRange(WeightRange.REDUCED),
            SETTINGS.withBiasCorrection(false));

    private static final Set<String> INTEGER = Set.of("QLinearConv", "QGemm", "QLinearMatMul", "MatMulIntegerToFloat");

    @Test
    void whatARandomNetworkAnswersStaysNearInEverySetting() {
        for (int seed = 0; seed < 80; seed++) {
            var model = RandomGraph.of(seed);
            var batches = Model.batches(seed, 3, 8, RandomGraph.CHANNELS, RandomGraph.SIDE, RandomGraph.SIDE);
            var settings = ALL.get(seed % ALL.size());
            var quantized = Quantizer.quantize(model, batches, settings);
            int number = seed;
            assertTrue(
                    quantized.comparison().error() < 0.15,
                    () -> "seed " + number + ", " + settings + ": " + quantized.comparison());
            assertWhole(quantized.model());
            assertArrayEquals(
                    quantized.model().toByteArray(),
                    Quantizer.quantize(model, batches, settings).model().toByteArray());
        }
    }

    /**
     * What the runtime doesn't fuse it computes in floats, for which it makes floats of the weights at each run: right,
     * and many times slower than the float model.
     */
    @Test
    void theRuntimeComputesEveryLayerInIntegers() throws Exception {
        for (int seed = 300; seed < 360; seed++) {
            var model = RandomGraph.of(seed);
            var batches = Model.batches(seed, 2, 4, RandomGraph.CHANNELS, RandomGraph.SIDE, RandomGraph.SIDE);
            var settings = ALL.get(seed % ALL.size());
            assertIntegers(Quantizer.quantize(model, batches, settings), "seed " + seed + ", " + settings);
        }
    }

    static void assertIntegers(Quantized quantized, String what) throws Exception {
        var operators = Model.operators(quantized.model());
        assertEquals(
                quantized.layers().size(),
                operators.stream().filter(INTEGER::contains).count(),
                () -> what + ": " + quantized.layers() + " became " + operators);
    }

    /**
     * Every name is given once, every tensor is there before it is read, and every scale is a normal number above 0.
     */
    static void assertWhole(ModelProto model) {
        var graph = model.getGraph();
        var names = new HashSet<String>();
        var nodes = new HashSet<String>();
        var scales = new HashSet<String>();
        graph.getInitializerList().forEach(each -> assertTrue(names.add(each.getName()), each.getName()));
        // An input may have a constant of its name as default.
        graph.getInputList().forEach(each -> names.add(each.getName()));
        for (var node : graph.getNodeList()) {
            assertTrue(nodes.add(node.getName()), node.getName());
            node.getInputList().forEach(each -> assertTrue(each.isEmpty() || names.contains(each), each));
            node.getOutputList().forEach(each -> assertTrue(names.add(each), each));
            if (node.getOpType().endsWith("eLinear")) {
                scales.add(node.getInput(1));
            }
        }
        for (var scale : scales) {
            for (float each : Tensors.floats(Model.initializer(model, scale))) {
                assertTrue(each >= Float.MIN_NORMAL && Float.isFinite(each), scale + " is " + each);
            }
        }
    }

    @Test
    void weightsAreAQuarterAndBiasesAreThere() {
        var model = Model.mlp(1);
        var quantized = Quantizer.quantize(model, Model.batches(2, 4, 32, 16), SETTINGS);
        assertEquals(List.of("h", "l"), quantized.layers());
        assertEquals(List.of(), quantized.left());
        assertEquals(List.of(), quantized.notes());
        var weight = Model.initializer(quantized.model(), "w1_q");
        assertEquals(DataType.INT8.getNumber(), weight.getDataType());
        assertEquals(16 * 32, weight.getRawData().size());
        assertEquals(
                DataType.INT32.getNumber(),
                Model.initializer(quantized.model(), "b1_q").getDataType());
        assertTrue(quantized.model().getGraph().getInitializerList().stream()
                .noneMatch(each -> each.getName().equals("w1")));
        assertTrue(quantized.comparison().error() < 0.02);
    }

    /** Between the first QuantizeLinear and the last layer the runtime computes in integers alone. */
    @Test
    void theRuntimeFusesReluAndPoolingIntoIntegerLayers() throws Exception {
        var batches = Model.batches(2, 4, 32, 144);
        for (var settings : List.of(SETTINGS, SETTINGS.withCalibration(new Calibration.Percentile(99)))) {
            for (long opset : new long[] {13, 17, 22}) {
                var lenet = Model.lenet(1);
                lenet.opset = opset;
                lenet.ir = 10;
                assertEquals(
                        List.of(
                                "Flatten",
                                "MaxPool",
                                "MaxPool",
                                "QGemm",
                                "QGemm",
                                "QLinearConv",
                                "QLinearConv",
                                "QuantizeLinear",
                                "Reshape",
                                "Softmax"),
                        Model.operators(Quantizer.quantize(lenet.build(), batches, settings)
                                .model()));
            }
        }
    }

    @Test
    void theRuntimeFusesResidualConnectionsClipAndAveragePooling() throws Exception {
        var model = new Model(3)
                .input("x", -1, 3, 8, 8)
                .output("y", -1, 5)
                .random("k1", 0.3, 4, 3, 3, 3)
                .random("k2", 0.3, 4, 4, 3, 3)
                .random("w", 0.3, 4, 5)
                .constant("low", List.of(), 0)
                .constant("high", List.of(), 6)
                .node("Conv", "c1", List.of("x", "k1"), Model.integers("pads", List.of(1L, 1L, 1L, 1L)))
                .node("Clip", "a1", List.of("c1", "low", "high"))
                .node("Conv", "c2", List.of("a1", "k2"), Model.integers("pads", List.of(1L, 1L, 1L, 1L)))
                .node("Add", "sum", List.of("c2", "a1"))
                .node("Relu", "a2", List.of("sum"))
                .node("GlobalAveragePool", "p", List.of("a2"))
                .node("Flatten", "f", List.of("p"))
                .node("MatMul", "y", List.of("f", "w"))
                .build();
        var quantized = Quantizer.quantize(model, Model.batches(4, 4, 16, 3, 8, 8), SETTINGS);
        var operators = Model.operators(quantized.model());
        assertEquals(
                List.of(
                        "Flatten",
                        "MatMulIntegerToFloat",
                        "QLinearAdd",
                        "QLinearConv",
                        "QLinearConv",
                        "QLinearGlobalAveragePool",
                        "QuantizeLinear"),
                operators);
    }

    /** An operator that computes in floats gets them as they were, not as the integer layer beside it. */
    @Test
    void whatStaysInFloatReadsFloats() {
        var model = new Model(3)
                .input("x", -1, 8)
                .output("y", -1, 8)
                .output("z", -1, 8)
                .random("w", 0.3, 8, 8)
                .node("MatMul", "y", List.of("x", "w"))
                .node("Tanh", "z", List.of("x"))
                .build();
        var quantized =
                Quantizer.quantize(model, Model.batches(4, 4, 16, 8), SETTINGS).model();
        assertEquals("x", node(quantized, "z").getInput(0));
        assertEquals("x_dq", node(quantized, "y").getInput(0));
    }

    private static NodeProto node(ModelProto model, String name) {
        return model.getGraph().getNodeList().stream()
                .filter(each -> each.getName().equals(name))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void exemptLayersKeepTheirFloats() {
        var batches = Model.batches(2, 4, 32, 144);
        var model = Model.lenet(1).build();
        var quantized = Quantizer.quantize(model, batches, SETTINGS.withExempt(Set.of("c2", "d1")));
        assertEquals(List.of("c1", "d2"), quantized.layers());
        assertEquals(List.of("Conv c2: exempt by name", "Gemm d1: exempt by name"), texts(quantized));
        assertEquals(Model.initializer(model, "k2"), Model.initializer(quantized.model(), "k2"));
        assertEquals(Model.initializer(model, "w1"), Model.initializer(quantized.model(), "w1"));
        assertWhole(quantized.model());
        var message = assertThrows(
                        IllegalArgumentException.class,
                        () -> Quantizer.quantize(model, batches, SETTINGS.withExempt(Set.of("c2", "conv7"))))
                .getMessage();
        assertEquals("no layer is named conv7, so it can't be exempt; the model's layers are c1, c2, d1, d2", message);
    }

    @Test
    void aScopeExemptsAllLayersInIt() {
        var model = new Model(3)
                .input("x", -1, 8)
                .output("y", -1, 8)
                .random("w", 0.3, 8, 8)
                .node("MatMul", "/body/0/MatMul", List.of("x", "w"))
                .node("MatMul", "/body/1/MatMul", List.of("/body/0/MatMul", "w"))
                .node("MatMul", "y", List.of("/body/1/MatMul", "w"))
                .build();
        var batches = Model.batches(4, 4, 16, 8);
        assertEquals(
                List.of("y"),
                Quantizer.quantize(model, batches, SETTINGS.withExempt(Set.of("body")))
                        .layers());
        assertEquals(
                List.of("/body/0/MatMul", "y"),
                Quantizer.quantize(model, batches, SETTINGS.withExempt(Set.of("body/1")))
                        .layers());
    }

    static List<String> texts(Quantized quantized) {
        return quantized.left().stream().map(LeftInFloat::toString).toList();
    }

    @Test
    void aDeadChannelAndADeadInputComeToExactZeros() {
        var model = new Model(3)
                .input("x", -1, 4)
                .output("y", -1, 3)
                .constant("w", List.of(4L, 3L), 1, 0, 0, 2, 0, 0, 3, 0, 0, -1, 0, 0)
                .constant("b", List.of(3L), 0.5f, 0, -0.25f)
                .constant("v", List.of(3L, 3L), 1, 2, 3, 4, 5, 6, 7, 8, 9)
                .node("Gemm", "h", List.of("x", "w", "b"))
                .node("Relu", "r", List.of("h"))
                .node("MatMul", "y", List.of("r", "v"))
                .build();
        for (var settings : ALL) {
            // Inputs of nothing but zeros as well: TensorRT's users know "tensor is uniformly zero".
            for (var batches :
                    List.of(Model.batches(4, 4, 16, 4), List.of(Map.of("x", new Tensor(new float[8], 2, 4))))) {
                var quantized = Quantizer.quantize(model, batches, settings);
                assertWhole(quantized.model());
                assertTrue(quantized.comparison().error() < 0.1, () -> settings + " " + quantized.comparison());
                var weights =
                        Model.initializer(quantized.model(), "w_q").getRawData().toByteArray();
                var zero = Model.initializer(quantized.model(), "w_zero")
                        .getRawData()
                        .byteAt(0);
                for (int each = 0; each < weights.length; each++) {
                    assertEquals(each % 3 != 0, weights[each] == zero);
                }
            }
        }
    }

    @Test
    void aModelThatDiffersTooMuchIsNotLetThrough() {
        var model = Model.lenet(1).build();
        var batches = Model.batches(2, 4, 32, 144);
        var message = assertThrows(
                        IllegalArgumentException.class,
                        () -> Quantizer.quantize(model, batches, SETTINGS.withLargestError(1e-4)))
                .getMessage();
        assertTrue(
                message.matches(
                        "the quantized model's outputs differ .* by 0\\.00\\d+ .* at most 1.0E-4 is allowed: .*"),
                message);
        assertThrows(IllegalArgumentException.class, () -> SETTINGS.withLargestError(0));
    }

    @Test
    void settingsThatDontGoTogetherAreRefused() {
        var message = assertThrows(
                        IllegalArgumentException.class,
                        () -> SETTINGS.withWeights(Scheme.ASYMMETRIC, Granularity.CHANNEL))
                .getMessage();
        assertTrue(message.contains("one zero point for all channels"), message);
    }
}
