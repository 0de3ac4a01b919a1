package dev.capstan.worker.compress.quantize;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.Set;
import onnx.Onnx.ModelProto;
import onnx.Onnx.NodeProto;
import org.junit.jupiter.api.Test;

class PreparationTest {
    private static List<String> operators(ModelProto model) {
        return model.getGraph().getNodeList().stream().map(NodeProto::getOpType).toList();
    }

    /** The prepared model, which must answer the same. */
    private static ModelProto prepared(ModelProto model, Map<String, Integer> ranks, long... shape) {
        var prepared = Preparation.prepare(model, ranks);
        QuantizerTest.assertWhole(prepared);
        var comparison = Comparison.of(model, prepared, Model.batches(9, 3, shape));
        assertTrue(comparison.error() < 1e-5, comparison::toString);
        return prepared;
    }

    @Test
    void randomNetworksStayTheSame() {
        for (int seed = 100; seed < 150; seed++) {
            prepared(RandomGraph.of(seed), Map.of(), 4, RandomGraph.CHANNELS, RandomGraph.SIDE, RandomGraph.SIDE);
        }
    }

    @Test
    void batchNormalizationGoesIntoTheConvolutionWithAndWithoutBias() {
        for (boolean biased : new boolean[] {true, false}) {
            var model = new Model(1)
                    .input("x", -1, 3, 6, 6)
                    .output("y", -1, 4, 4, 4)
                    .random("k", 0.3, 4, 3, 3, 3)
                    .random("gamma", 1, 4)
                    .random("beta", 1, 4)
                    .random("mean", 1, 4)
                    .constant("variance", List.of(4L), 0.5f, 1, 2, 1e-4f);
            if (biased) {
                model.random("b", 1, 4);
            }
            model.node("Conv", "c", biased ? List.of("x", "k", "b") : List.of("x", "k"))
                    .node(
                            "BatchNormalization",
                            "y",
                            List.of("c", "gamma", "beta", "mean", "variance"),
                            Model.number("epsilon", 1e-3f));
            assertEquals(List.of("Conv"), operators(prepared(model.build(), Map.of(), 5, 3, 6, 6)));
        }
    }

    @Test
    void aConvolutionThatOthersReadKeepsItsBatchNormalization() {
        var model = new Model(1)
                .input("x", -1, 3, 6, 6)
                .output("y", -1, 4, 4, 4)
                .output("c", -1, 4, 4, 4)
                .random("k", 0.3, 4, 3, 3, 3)
                .random("s", 1, 4)
                .constant("variance", List.of(4L), 1, 2, 3, 4)
                .node("Conv", "c", List.of("x", "k"))
                .node("BatchNormalization", "y", List.of("c", "s", "s", "s", "variance"))
                .build();
        assertEquals(List.of("Conv", "BatchNormalization"), operators(prepared(model, Map.of(), 5, 3, 6, 6)));
    }

    @Test
    void productAndSumOfMatricesBecomeOneGemm() {
        var model = new Model(1)
                .input("x", -1, 6)
                .output("y", -1, 4)
                .random("w", 0.3, 6, 4)
                .random("b", 1, 1, 4)
                .node("MatMul", "m", List.of("x", "w"))
                .node("Add", "y", List.of("b", "m"))
                .build();
        assertEquals(List.of("Gemm"), operators(prepared(model, Map.of("x", 2), 5, 6)));
        assertEquals(List.of("MatMul", "Add"), operators(prepared(model, Map.of(), 5, 6)));
    }

    /** Gemm in all its forms: turned weights, factors, a bias of one number, or of one row. */
    @Test
    void factorsGoIntoWeightsAndBias() {
        for (long turned : new long[] {0, 1}) {
            for (var bias : List.of(List.<Long>of(), List.of(1L), List.of(4L), List.of(1L, 4L))) {
                var model = new Model(1).input("x", -1, 6).output("y", -1, 4);
                model.random("w", 0.3, turned == 1 ? 4 : 6, turned == 1 ? 6 : 4)
                        .random("b", 1, bias.stream().mapToLong(each -> each).toArray())
                        .node(
                                "Gemm",
                                "y",
                                List.of("x", "w", "b"),
                                Model.integer("transB", turned),
                                Model.number("alpha", 0.5f),
                                Model.number("beta", -3));
                var prepared = prepared(model.build(), Map.of(), 5, 6);
                var layer = Layers.of(new Graph(prepared), Set.of()).quantized().getFirst();
                assertEquals(4, layer.bias().size());
                assertEquals(1 - turned, layer.axis());
                assertEquals(1, prepared.getGraph().getNode(0).getAttributeCount());
            }
        }
    }

    @Test
    void reluComesBeforeThePoolingThatItFollows() {
        var model = new Model(1)
                .input("x", -1, 3, 6, 6)
                .output("y", -1, 4, 2, 2)
                .random("k", 0.3, 4, 3, 3, 3)
                .node("Conv", "c", List.of("x", "k"))
                .node("MaxPool", "p", List.of("c"), Model.window(), Model.integers("strides", List.of(2L, 2L)))
                .node("Relu", "y", List.of("p"))
                .build();
        assertEquals(List.of("Conv", "Relu", "MaxPool"), operators(prepared(model, Map.of(), 5, 3, 6, 6)));
    }

    @Test
    void whatDoesNothingGoes() {
        var model = new Model(1)
                .input("x", -1, 6)
                .output("y", -1, 6)
                .node("Identity", "i", List.of("x"))
                .node("Dropout", "d", List.of("i"))
                .node("Relu", "r", List.of("d"))
                .node("Identity", "y", List.of("r"))
                .build();
        assertEquals(List.of("Relu", "Identity"), operators(prepared(model, Map.of(), 5, 6)));
    }
}
