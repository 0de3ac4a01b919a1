package dev.capstan.worker.compress.quantize;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import onnx.Onnx.ModelProto;
import onnx.Onnx.OperatorSetIdProto;
import onnx.Onnx.StringStringEntryProto;
import onnx.Onnx.TensorProto;
import onnx.Onnx.TensorProto.DataLocation;
import onnx.Onnx.TensorProto.DataType;
import onnx.Onnx.TypeProto;

/**
 * Models that tell which quarter of a grey image of 6 by 6 pixels is bright, as other tools write them: nobody has to
 * train them.
 */
public final class ForeignModels {
    private static final int SIDE = 6;
    private static final int CLASSES = 4;

    private ForeignModels() {}

    /** As PyTorch's exporter does it: channels first, weights by rows of outputs, the license among the metadata. */
    public static ModelProto pytorch() {
        var model = new Model(1).input("input.1", -1, 1, SIDE, SIDE).output("19", -1, CLASSES);
        convolved(model, "input.1");
        model.constant("fc.weight", List.of(4L, 36L), quarters(true))
                .constant("fc.bias", List.of(4L), 0, 0, 0, 0)
                .node("Flatten", "/Flatten_output_0", List.of("/Relu_output_0"))
                .node("Gemm", "19", List.of("/Flatten_output_0", "fc.weight", "fc.bias"), Model.integer("transB", 1));
        return model.build().toBuilder()
                .setProducerName("pytorch")
                .addMetadataProps(StringStringEntryProto.newBuilder()
                        .setKey("model_license")
                        .setValue("BSD-3-Clause"))
                .build();
    }

    /** As tf2onnx does it: channels last, turned by the first operator, probabilities. */
    public static ModelProto tensorflow() {
        var model = new Model(1)
                .input("x:0", -1, SIDE, SIDE, 1)
                .output("Identity:0", -1, CLASSES)
                .node("Transpose", "chw", List.of("x:0"), Model.integers("perm", List.of(0L, 3L, 1L, 2L)));
        convolved(model, "chw");
        return model.integers("flat", -1, 36)
                .constant("w", List.of(36L, 4L), quarters(false))
                .constant("b", List.of(4L), 0, 0, 0, 0)
                .node("Reshape", "r", List.of("/Relu_output_0", "flat"))
                .node("MatMul", "m", List.of("r", "w"))
                .node("Add", "a", List.of("m", "b"))
                .node("Softmax", "Identity:0", List.of("a"))
                .build();
    }

    /** As skl2onnx does it without ZipMap: rows, and labels beside the probabilities. */
    public static ModelProto sklearn() {
        var model = new Model(1)
                .input("float_input", -1, 36)
                .constant("coefficient", List.of(36L, 4L), quarters(false))
                .constant("intercepts", List.of(4L), 0, 0, 0, 0)
                .node("MatMul", "mul_result", List.of("float_input", "coefficient"))
                .node("Add", "add_result", List.of("mul_result", "intercepts"))
                .node("Softmax", "probabilities", List.of("add_result"))
                .node("ArgMax", "output_label", List.of("probabilities"), Model.integer("axis", 1));
        model.graph.addOutput(Model.value("output_label", DataType.INT64, -1, 1));
        model.output("probabilities", -1, CLASSES);
        return model.build();
    }

    /** A single product, with an input of these dimensions before it. */
    public static ModelProto rows(DataType type, long... input) {
        return rows(type, CLASSES, input).build();
    }

    private static Model rows(DataType type, int classes, long... input) {
        var model = new Model(1)
                .output("y", -1, classes)
                .integers("flat", 0, -1)
                .constant("w", List.of(36L, (long) classes), Arrays.copyOf(quarters(false), 36 * classes))
                .node("Cast", "c", List.of("x"), Model.integer("to", DataType.FLOAT.getNumber()))
                .node("Reshape", "r", List.of("c", "flat"))
                .node("MatMul", "y", List.of("r", "w"));
        model.graph.addInput(Model.value("x", type, input));
        return model;
    }

    /** Tells so many classes apart. */
    public static ModelProto classes(int classes) {
        return rows(DataType.FLOAT, classes, -1, 36).build();
    }

    /** Leaves the number of samples open, and takes one alone. */
    public static ModelProto oneInside() {
        var model = new Model(1)
                .input("x", -1, 36)
                .output("y", -1, CLASSES)
                .integers("one", 1, 36)
                .constant("w", List.of(36L, 4L), quarters(false))
                .node("Reshape", "r", List.of("x", "one"))
                .node("MatMul", "y", List.of("r", "w"));
        return model.build();
    }

    /** Of another version of the operators, or of the format. */
    public static ModelProto version(long opset, long ir) {
        var model = rows(DataType.FLOAT, CLASSES, -1, 36);
        model.opset = opset;
        model.ir = ir;
        return model.build();
    }

    /** With an operator after the product that only somebody else has. */
    public static ModelProto operator(String type, String domain) {
        var model = new Model(1)
                .input("x", -1, 36)
                .output("y", -1, CLASSES)
                .constant("w", List.of(36L, 4L), quarters(false))
                .node("MatMul", "h", List.of("x", "w"));
        model.node(type, "y", List.of("h"));
        model.graph.getNodeBuilder(1).setDomain(domain);
        var whole = model.build();
        return domain.isEmpty()
                ? whole
                : whole.toBuilder()
                        .addOpsetImport(OperatorSetIdProto.newBuilder()
                                .setDomain(domain)
                                .setVersion(1))
                        .build();
    }

    /** With one more input than samples fill. */
    public static ModelProto twoInputs() {
        return new Model(1)
                .input("x", -1, 36)
                .input("mask", -1, 36)
                .output("y", -1, CLASSES)
                .constant("w", List.of(36L, 4L), quarters(false))
                .node("Mul", "h", List.of("x", "mask"))
                .node("MatMul", "y", List.of("h", "w"))
                .build();
    }

    /** With one more output of floats. */
    public static ModelProto twoOutputs() {
        return new Model(1)
                .input("x", -1, 36)
                .output("y", -1, CLASSES)
                .output("features", -1, CLASSES)
                .constant("w", List.of(36L, 4L), quarters(false))
                .node("MatMul", "features", List.of("x", "w"))
                .node("Softmax", "y", List.of("features"))
                .build();
    }

    /** With probabilities by name, as skl2onnx does it unless it is told otherwise. */
    public static ModelProto zipped() {
        var model = new Model(1)
                .input("x", -1, 36)
                .constant("w", List.of(36L, 4L), quarters(false))
                .node("MatMul", "h", List.of("x", "w"))
                .node("ZipMap", "output_probability", List.of("h"), Model.integers("classlabels_int64s", List.of(0L)));
        model.graph.getNodeBuilder(1).setDomain("ai.onnx.ml");
        model.graph.addOutput(Model.value("h", DataType.FLOAT, -1, 4).toBuilder()
                .setName("output_probability")
                .setType(TypeProto.newBuilder()
                        .setSequenceType(TypeProto.Sequence.newBuilder()
                                .setElemType(TypeProto.newBuilder()
                                        .setMapType(
                                                TypeProto.Map.newBuilder().setKeyType(DataType.INT64.getNumber()))))));
        return model.build();
    }

    /** Nothing in it has weights. */
    public static ModelProto weightless() {
        return new Model(1)
                .input("x", -1, 36)
                .output("y", -1, 36)
                .node("Softmax", "y", List.of("x"))
                .build();
    }

    /** In integers. */
    public static ModelProto quantized() {
        return Quantizer.quantize(Model.mlp(1), Model.batches(1, 2, 4, 16), Settings.standard())
                .model();
    }

    /** Numbers of words in, classes out. */
    public static ModelProto words() {
        var model = new Model(1)
                .output("y", -1, 2)
                .random("table", 0.5, 20, 8)
                .random("w", 0.4, 8, 2)
                .node("Gather", "e", List.of("table", "x"))
                .node(
                        "ReduceMean",
                        "m",
                        List.of("e"),
                        Model.integers("axes", List.of(1L)),
                        Model.integer("keepdims", 0))
                .node("MatMul", "y", List.of("m", "w"));
        model.graph.addInput(Model.value("x", DataType.INT64, -1, -1));
        return model.build();
    }

    /** The model with its weights in a file beside it. */
    public static ModelProto external(ModelProto model, Path file) throws IOException {
        var graph = model.getGraph().toBuilder();
        long offset = 0;
        try (var out = Files.newOutputStream(file)) {
            for (TensorProto.Builder tensor : graph.getInitializerBuilderList()) {
                var bytes = tensor.getRawData().toByteArray();
                out.write(bytes);
                tensor.clearRawData()
                        .setDataLocation(DataLocation.EXTERNAL)
                        .addExternalData(entry("location", file.getFileName().toString()))
                        .addExternalData(entry("offset", "" + offset))
                        .addExternalData(entry("length", "" + bytes.length));
                offset += bytes.length;
            }
        }
        return model.toBuilder().setGraph(graph).build();
    }

    /** The model with its weights in a file of that name, wherever it is. */
    public static ModelProto elsewhere(ModelProto model, String location) {
        var graph = model.getGraph().toBuilder();
        graph.getInitializerBuilderList()
                .forEach(each -> each.clearRawData()
                        .setDataLocation(DataLocation.EXTERNAL)
                        .addExternalData(entry("location", location)));
        return model.toBuilder().setGraph(graph).build();
    }

    private static StringStringEntryProto entry(String key, String value) {
        return StringStringEntryProto.newBuilder().setKey(key).setValue(value).build();
    }

    /** A convolution that takes what is next to a pixel a little into account. */
    private static void convolved(Model model, String input) {
        model.constant("conv.weight", List.of(1L, 1L, 3L, 3L), 0, .1f, 0, .1f, .6f, .1f, 0, .1f, 0)
                .constant("conv.bias", List.of(1L), 0)
                .node(
                        "Conv",
                        "/Conv_output_0",
                        List.of(input, "conv.weight", "conv.bias"),
                        Model.integers("kernel_shape", List.of(3L, 3L)),
                        Model.integers("pads", List.of(1L, 1L, 1L, 1L)))
                .node("Relu", "/Relu_output_0", List.of("/Conv_output_0"));
    }

    /** Which pixels belong to which quarter, by quarters or by pixels. */
    private static float[] quarters(boolean byQuarters) {
        var weights = new float[CLASSES * SIDE * SIDE];
        for (int pixel = 0; pixel < SIDE * SIDE; pixel++) {
            int quarter = pixel / SIDE / (SIDE / 2) * 2 + pixel % SIDE / (SIDE / 2);
            weights[byQuarters ? quarter * SIDE * SIDE + pixel : pixel * CLASSES + quarter] = 1;
        }
        return weights;
    }
}
