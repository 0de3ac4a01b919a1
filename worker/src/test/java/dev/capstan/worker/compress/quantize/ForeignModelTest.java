package dev.capstan.worker.compress.quantize;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.worker.onnx.OnnxSession.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import onnx.Onnx.AttributeProto;
import onnx.Onnx.AttributeProto.AttributeType;
import onnx.Onnx.GraphProto;
import onnx.Onnx.ModelProto;
import onnx.Onnx.NodeProto;
import onnx.Onnx.OperatorSetIdProto;
import onnx.Onnx.TensorProto;
import onnx.Onnx.TensorProto.DataType;
import org.junit.jupiter.api.Test;
import org.nd4j.shade.protobuf.ByteString;

/** Models as other tools write them; each is of a kind on which some quantizer has failed. */
class ForeignModelTest {
    private static final Settings SETTINGS = Settings.standard().withWeightRange(WeightRange.AUTO.resolved());

    private static Quantized quantized(ModelProto model, long... shape) {
        return quantized(model, SETTINGS, Model.batches(1, 4, shape));
    }

    private static Quantized quantized(ModelProto model, Settings settings, List<Map<String, Tensor>> batches) {
        var quantized = Quantizer.quantize(model, batches, settings);
        QuantizerTest.assertWhole(quantized.model());
        assertTrue(quantized.comparison().error() < 0.05, () -> "" + quantized.comparison());
        return quantized;
    }

    private static long count(ModelProto model, DataType type, long... shape) {
        return model.getGraph().getInitializerList().stream()
                .filter(each -> each.getDataType() == type.getNumber())
                .filter(each ->
                        each.getDimsList().equals(Arrays.stream(shape).boxed().toList()))
                .count();
    }

    /** "A name that is taken": onnxruntime's tool gave a copy of a shared bias the name of another tensor. */
    @Test
    void namesThatAreTakenAreNotGivenAgain() {
        var model = new Model(1)
                .input("x", -1, 8)
                .output("y", -1, 8)
                .random("w", 0.3, 8, 8)
                .random("w_q", 0.3, 8, 8)
                .random("x_scale", 0.3, 8)
                .random("b", 0.3, 8)
                .node("Gemm", "x_dq", List.of("x", "w", "b"))
                .node("Relu", "x_q", List.of("x_dq"))
                .node("Gemm", "w_dq", List.of("x_q", "w_q", "b"))
                .node("Add", "b_q", List.of("w_dq", "x_scale"))
                .node("MatMul", "y", List.of("b_q", "w"));
        model.graph.addValueInfo(Model.value("x_zero", DataType.FLOAT, -1, 8));
        var quantized = quantized(model.build(), 8, 8);
        assertEquals(3, quantized.layers().size());
        assertEquals("x", quantized.model().getGraph().getInput(0).getName());
        assertEquals("y", quantized.model().getGraph().getOutput(0).getName());
    }

    /** Names within subgraphs are taken as well, and what a subgraph reads of the main graph is kept for it. */
    @Test
    void controlFlowStaysAndReadsWhatItRead() {
        var branch = GraphProto.newBuilder()
                .setName("branch")
                .addInitializer(Tensors.floats("w_q", List.of(), 3))
                .addNode(NodeProto.newBuilder()
                        .setOpType("Mul")
                        .addInput("h")
                        .addInput("w_q")
                        .addOutput("z"))
                .addOutput(Model.value("z", DataType.FLOAT, -1, 8));
        var model = new Model(1)
                .input("x", -1, 8)
                .output("y", -1, 8)
                .random("w", 0.3, 8, 8)
                .node("MatMul", "h", List.of("x", "w"))
                .node("MatMul", "g", List.of("h", "w"))
                .node("ReduceSum", "s", List.of("x"), Model.integer("keepdims", 0))
                .constant("zero", List.of(), 0)
                .node("Greater", "c", List.of("s", "zero"))
                .node("If", "i", List.of("c"), graph("then_branch", branch), graph("else_branch", branch))
                .node("Add", "y", List.of("i", "g"));
        var quantized = quantized(model.build(), 8, 8);
        assertEquals(List.of("h", "g"), quantized.layers());
        assertEquals(List.of("If i: what lies in its subgraphs stays as it is"), QuantizerTest.texts(quantized));
        assertEquals(1, count(quantized.model(), DataType.INT8, 8, 8));
    }

    private static AttributeProto graph(String name, GraphProto.Builder graph) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeType.GRAPH)
                .setG(graph)
                .build();
    }

    /**
     * A weight and a bias that several nodes share: one copy of the weight; a bias for each, for its scale is of the
     * input.
     */
    @Test
    void sharedWeightsAreWrittenOnceAndSharedBiasesForEachInput() {
        var model = new Model(1)
                .input("x", -1, 8)
                .output("y", -1, 8)
                .random("w", 0.6, 8, 8)
                .random("b", 0.3, 8)
                .node("Gemm", "one", List.of("x", "w", "b"))
                .node("Relu", "r", List.of("one"))
                .node("Gemm", "two", List.of("r", "w", "b"))
                .node("Relu", "s", List.of("two"))
                .node("Gemm", "y", List.of("s", "w", "b"))
                .build();
        var quantized = quantized(model, 32, 8);
        assertEquals(List.of("one", "two", "y"), quantized.layers());
        assertEquals(1, count(quantized.model(), DataType.INT8, 8, 8));
        assertEquals(3, count(quantized.model(), DataType.INT32, 8));
    }

    /**
     * NNCF failed where one initializer reaches two products through an Identity each, as PyTorch exports shared
     * layers.
     */
    @Test
    void aWeightBehindIdentityTransposeOrConstantIsFound() {
        var model = new Model(1)
                .input("x", -1, 8)
                .output("y", -1, 8)
                .random("w", 0.3, 8, 8)
                .node("Identity", "w1", List.of("w"))
                .node("Identity", "w2", List.of("w"))
                .node("Transpose", "w3", List.of("w"))
                .node(
                        "Constant",
                        "w4",
                        List.of(),
                        AttributeProto.newBuilder()
                                .setName("value")
                                .setType(AttributeType.TENSOR)
                                .setT(Tensors.floats("", List.of(8L, 8L), new Model(2).floats(64, 0.3)))
                                .build())
                .node("MatMul", "a", List.of("x", "w1"))
                .node("MatMul", "b", List.of("a", "w2"))
                .node("MatMul", "c", List.of("b", "w3"))
                .node("MatMul", "y", List.of("c", "w4"))
                .build();
        var quantized = quantized(model, 8, 8);
        assertEquals(List.of("a", "b", "c", "y"), quantized.layers());
        assertEquals(3, count(quantized.model(), DataType.INT8, 8, 8));
        assertEquals(0, count(quantized.model(), DataType.FLOAT, 8, 8));
    }

    /**
     * A table that is looked up and multiplied by as well, with indices of int64; other tools write 4 bytes a number.
     */
    @Test
    void tablesOfEmbeddingsAreLookedUpAsIntegers() throws Exception {
        for (long opset : new long[] {12, 17}) {
            var model = new Model(1)
                    .output("y", -1, 6, 20)
                    .output("e", -1, 6, 8)
                    .random("table", 0.5, 20, 8)
                    .random("w", 0.4, 8, 8)
                    .node("Gather", "e", List.of("table", "x"))
                    .node("Gather", "f", List.of("table", "x"))
                    .node("Add", "g", List.of("e", "f"))
                    .node("MatMul", "h", List.of("g", "w"))
                    .node("Transpose", "t", List.of("table"))
                    .node("MatMul", "y", List.of("h", "t"));
            model.graph.addInput(Model.value("x", DataType.INT64, -1, 6));
            model.opset = opset;
            var indices = new float[24];
            for (int each = 0; each < 24; each++) {
                indices[each] = each % 20;
            }
            var batches = List.of(Map.of("x", new Tensor(indices, 4, 6)));
            var quantized = quantized(model.build(), SETTINGS, batches);
            assertEquals(List.of("e", "f", "h", "y"), quantized.layers());
            assertEquals(0, count(quantized.model(), DataType.FLOAT, 20, 8));
            assertEquals(1, count(quantized.model(), DataType.INT8, 20, 8));
            // The whole table is never made floats, neither at loading nor at each run.
            assertTrue(Model.optimized(quantized.model()).getGraph().getInitializerList().stream()
                    .noneMatch(each -> each.getDataType() == DataType.FLOAT.getNumber() && each.getDimsCount() == 2));
            assertEquals(List.of(0, 0), dimensionsOfScalesBehind("Gather", quantized.model()), "one for all columns");
            var exempt = quantized(model.build(), SETTINGS.withExempt(Set.of("e")), batches);
            assertEquals(List.of("f", "h", "y"), exempt.layers());
            assertEquals(1, count(exempt.model(), DataType.FLOAT, 20, 8));
        }
    }

    private static List<Integer> dimensionsOfScalesBehind(String operator, ModelProto model) {
        var graph = model.getGraph();
        var outputs = graph.getNodeList().stream()
                .filter(each -> each.getOpType().equals(operator))
                .map(each -> each.getOutput(0))
                .toList();
        var scales = graph.getNodeList().stream()
                .filter(each -> outputs.contains(each.getInput(0)))
                .map(each -> each.getInput(1))
                .toList();
        return scales.stream()
                .map(scale -> graph.getInitializerList().stream()
                        .filter(each -> each.getName().equals(scale))
                        .findFirst()
                        .orElseThrow()
                        .getDimsCount())
                .toList();
    }

    /** Files of IR version 3 list constants among the inputs; some exporters still do so. */
    @Test
    void constantsThatAreInputsBecomeConstants() {
        for (long ir : new long[] {3, 8}) {
            var model = new Model(1)
                    .input("x", -1, 8)
                    .input("w", 8, 8)
                    .input("v", 8)
                    .output("y", -1, 8)
                    .random("w", 0.3, 8, 8)
                    .random("v", 0.3, 8)
                    .node("MatMul", "h", List.of("x", "w"))
                    .node("Mul", "y", List.of("h", "v"));
            model.ir = ir;
            var quantized = quantized(model.build(), 8, 8);
            var inputs = quantized.model().getGraph().getInputList().stream()
                    .map(each -> each.getName())
                    .toList();
            assertEquals(ir == 3 ? List.of("x") : List.of("x", "v"), inputs);
            assertTrue(quantized.model().getIrVersion() >= 4);
            assertEquals(1, quantized.notes().size());
            assertTrue(
                    quantized.notes().getFirst().contains("inputs of the model as well"), quantized.notes()::toString);
        }
    }

    /** Before opset 13 there are no scales by channel; NNCF wrote them nevertheless. */
    @Test
    void anOldOpsetHasScalesByTensor() {
        for (long opset : new long[] {10, 11, 12}) {
            var model = Model.lenet(1);
            model.opset = opset;
            var quantized = quantized(model.build(), 16, 144);
            assertEquals(
                    List.of("the weights have one scale by tensor, not by channel, for the model is of opset " + opset
                            + " and channels need 13"),
                    quantized.notes());
            assertTrue(quantized.model().getGraph().getNodeList().stream()
                    .filter(each -> each.getOpType().equals("DequantizeLinear"))
                    .allMatch(each -> each.getAttributeCount() == 0));
        }
    }

    @Test
    void convolutionsOfOneAndThreeDimensionsAndOfGroups() throws Exception {
        var line = new Model(1)
                .input("x", -1, 4, 20)
                .output("y", -1, 6, 16)
                .random("k1", 0.4, 8, 2, 3)
                .random("k2", 0.4, 6, 8, 3)
                .node("Conv", "c1", List.of("x", "k1"), Model.integer("group", 2))
                .node("Relu", "r", List.of("c1"))
                .node("Conv", "y", List.of("r", "k2"));
        QuantizerTest.assertIntegers(quantized(line.build(), 8, 4, 20), "one dimension");
        var depth = new Model(1)
                .input("x", -1, 4, 6, 6)
                .output("y", -1, 4, 6, 6)
                .random("k", 0.4, 4, 1, 3, 3)
                .node(
                        "Conv",
                        "y",
                        List.of("x", "k"),
                        Model.integer("group", 4),
                        AttributeProto.newBuilder()
                                .setName("auto_pad")
                                .setType(AttributeType.STRING)
                                .setS(ByteString.copyFromUtf8("SAME_UPPER"))
                                .build());
        QuantizerTest.assertIntegers(quantized(depth.build(), 8, 4, 6, 6), "groups");
        var space = new Model(1)
                .input("x", -1, 2, 5, 5, 5)
                .output("y", -1, 3, 3, 3, 3)
                .random("k", 0.3, 3, 2, 3, 3, 3)
                .node("Conv", "y", List.of("x", "k"));
        QuantizerTest.assertIntegers(quantized(space.build(), 8, 2, 5, 5, 5), "three dimensions");
    }

    @Test
    void recurrentLayersAndOtherDomainsStayAndAreSaid() {
        var model = new Model(1)
                .input("x", 5, 2, 4)
                .output("y", 5, 1, 2, 6)
                .output("z", 5, 2, 4)
                .random("w", 0.4, 1, 24, 4)
                .random("r", 0.4, 1, 24, 6)
                .random("v", 0.4, 4, 4)
                .node("MatMul", "h", List.of("x", "v"))
                .node("LSTM", "y", List.of("h", "w", "r"), Model.integer("hidden_size", 6));
        model.graph.addNode(NodeProto.newBuilder()
                .setOpType("Gelu")
                .setDomain("com.microsoft")
                .addInput("h")
                .addOutput("z"));
        var whole = model.build().toBuilder()
                .addOpsetImport(OperatorSetIdProto.newBuilder()
                        .setDomain("com.microsoft")
                        .setVersion(1))
                .build();
        var quantized = quantized(whole, 5, 2, 4);
        assertEquals(List.of("h"), quantized.layers());
        assertEquals(
                List.of(
                        "LSTM y: the runtime quantizes recurrent layers dynamically only",
                        "Gelu Gelu_2: it is of domain com.microsoft, of which nothing is known here"),
                QuantizerTest.texts(quantized));
    }

    @Test
    void layersThatCantBeAreLeftWithTheReason() {
        var model = new Model(1)
                .input("x", -1, 8)
                .output("y", -1, 8)
                .output("empty", -1, 0)
                .output("turned", 4, 4)
                .output("p", -1)
                .random("w", 0.3, 8, 8)
                .random("vector", 0.3, 8)
                .random("wide", 0.3, 4, 8)
                .random("square", 0.3, 4, 4)
                .constant("nothing", List.of(8L, 0L))
                .node("MatMul", "h", List.of("x", "w"))
                .node("MatMul", "empty", List.of("x", "nothing"))
                .node("MatMul", "p", List.of("h", "vector"))
                .node("Gemm", "b", List.of("h", "w", "h"))
                .node("Gemm", "turned", List.of("wide", "wide"), Model.integer("transB", 1))
                .node("MatMul", "y", List.of("b", "w"));
        var quantized = quantized(model.build(), 8, 8);
        assertEquals(List.of("h", "y"), quantized.layers());
        assertEquals(
                List.of(
                        "MatMul empty: its weights nothing have the shape [8, 0], which holds nothing",
                        "MatMul p: its weights vector are a vector",
                        "Gemm b: its bias h is not constant",
                        "Gemm turned: all of its inputs are constant"),
                QuantizerTest.texts(quantized));
    }

    @Test
    void weightsOfHalfPrecisionStay() {
        var half = TensorProto.newBuilder()
                .setName("half")
                .setDataType(DataType.FLOAT16.getNumber())
                .addDims(8)
                .addDims(8)
                .setRawData(ByteString.copyFrom(new byte[128]));
        var model = new Model(1)
                .input("x", -1, 8)
                .output("y", -1, 8)
                .random("w", 0.3, 8, 8)
                .node("MatMul", "h", List.of("x", "w"))
                .node("Cast", "f", List.of("h"), Model.integer("to", DataType.FLOAT16.getNumber()))
                .node("MatMul", "m", List.of("f", "half"))
                .node("Cast", "c", List.of("m"), Model.integer("to", DataType.FLOAT.getNumber()))
                .node("Add", "y", List.of("c", "h"));
        model.graph.addInitializer(half);
        var quantized = quantized(model.build(), 8, 8);
        assertEquals(List.of("h"), quantized.layers());
        assertEquals(
                List.of("MatMul m: its weights half are of type FLOAT16, not FLOAT"), QuantizerTest.texts(quantized));
    }

    /** A product of stacks of matrices, and one whose input has more dimensions. */
    @Test
    void productsOfManyDimensions() throws Exception {
        var model = new Model(1)
                .input("x", -1, 3, 4, 8)
                .output("y", -1, 3, 4, 5)
                .random("stack", 0.3, 3, 8, 6)
                .random("b", 0.3, 6)
                .random("w", 0.3, 6, 5)
                .node("MatMul", "h", List.of("x", "stack"))
                .node("Add", "a", List.of("h", "b"))
                .node("Relu", "r", List.of("a"))
                .node("MatMul", "y", List.of("r", "w"));
        var quantized = quantized(model.build(), 8, 3, 4, 8);
        assertEquals(List.of("h", "y"), quantized.layers());
        QuantizerTest.assertIntegers(quantized, "stacks");
    }

    /**
     * DenseNet as torchvision exports it concatenates one tensor alone, for which the runtime has no integer operator.
     */
    @Test
    void aConcatenationOfOneTensorDoesNothing() throws Exception {
        var model = new Model(1)
                .input("x", -1, 3, 6, 6)
                .output("y", -1, 4, 2, 2)
                .random("k", 0.3, 4, 3, 3, 3)
                .random("l", 0.3, 4, 4, 3, 3)
                .node("Conv", "c", List.of("x", "k"))
                .node("Concat", "one", List.of("c"), Model.integer("axis", 1))
                .node("Conv", "y", List.of("one", "l"))
                .build();
        assertEquals(
                List.of("DequantizeLinear", "QLinearConv", "QLinearConv", "QuantizeLinear"),
                Model.operators(quantized(model, 8, 3, 6, 6).model()));
    }

    /** Nodes need no names, and reports and exemptions need single ones, as the runtime does. */
    @Test
    void nodesWithoutANameOrWithTheSameGetOne() {
        var model = new Model(1)
                .input("x", -1, 8)
                .output("y", -1, 8)
                .random("w", 0.3, 8, 8)
                .node("MatMul", "h", List.of("x", "w"))
                .node("MatMul", "i", List.of("h", "w"))
                .node("MatMul", "y", List.of("i", "w"));
        model.graph.getNodeBuilder(0).clearName();
        model.graph.getNodeBuilder(1).setName("same");
        model.graph.getNodeBuilder(2).setName("same");
        assertEquals(
                List.of("MatMul_0", "same", "same_1"),
                quantized(model.build(), 8, 8).layers());
    }

    /** Labels as int64 beside scores: compared as numbers. */
    @Test
    void outputsThatAreNoFloatsAreCompared() {
        var model = new Model(1)
                .input("x", -1, 8)
                .output("y", -1, 8)
                .random("w", 0.3, 8, 8)
                .node("MatMul", "y", List.of("x", "w"))
                .node("ArgMax", "label", List.of("y"), Model.integer("axis", 1));
        model.graph.addOutput(Model.value("label", DataType.INT64, -1, 1));
        var quantized = Quantizer.quantize(model.build(), Model.batches(1, 4, 8, 8), SETTINGS);
        assertEquals(2, quantized.model().getGraph().getOutputCount());
        assertTrue(quantized.comparison().error() < 0.3);
    }
}
