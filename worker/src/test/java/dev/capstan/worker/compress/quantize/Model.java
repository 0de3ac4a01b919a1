package dev.capstan.worker.compress.quantize;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtSession.SessionOptions;
import dev.capstan.worker.onnx.OnnxSession.Tensor;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import onnx.Onnx.AttributeProto;
import onnx.Onnx.AttributeProto.AttributeType;
import onnx.Onnx.GraphProto;
import onnx.Onnx.ModelProto;
import onnx.Onnx.NodeProto;
import onnx.Onnx.OperatorSetIdProto;
import onnx.Onnx.TensorProto;
import onnx.Onnx.TensorProto.DataType;
import onnx.Onnx.TensorShapeProto;
import onnx.Onnx.TensorShapeProto.Dimension;
import onnx.Onnx.TypeProto;
import onnx.Onnx.ValueInfoProto;

/** Models for tests, operator by operator: an operator's output has its name. */
final class Model {
    final GraphProto.Builder graph = GraphProto.newBuilder().setName("test");
    long opset = 17;
    long ir = 8;
    private final Random random;

    Model(long seed) {
        random = new Random(seed);
    }

    Model input(String name, long... shape) {
        graph.addInput(value(name, DataType.FLOAT, shape));
        return this;
    }

    Model output(String name, long... shape) {
        graph.addOutput(value(name, DataType.FLOAT, shape));
        return this;
    }

    /** @param shape -1 for any number */
    static ValueInfoProto value(String name, DataType type, long... shape) {
        var dimensions = TensorShapeProto.newBuilder();
        for (long each : shape) {
            dimensions.addDim(
                    each < 0
                            ? Dimension.newBuilder().setDimParam("N")
                            : Dimension.newBuilder().setDimValue(each));
        }
        return ValueInfoProto.newBuilder()
                .setName(name)
                .setType(TypeProto.newBuilder()
                        .setTensorType(TypeProto.Tensor.newBuilder()
                                .setElemType(type.getNumber())
                                .setShape(dimensions)))
                .build();
    }

    Model constant(String name, List<Long> shape, float... values) {
        graph.addInitializer(Tensors.floats(name, shape, values));
        return this;
    }

    /** A constant of normally distributed numbers. */
    Model random(String name, double spread, long... shape) {
        var list = Arrays.stream(shape).boxed().toList();
        return constant(name, list, floats((int) Tensors.length(list), spread));
    }

    float[] floats(int count, double spread) {
        var values = new float[count];
        for (int each = 0; each < count; each++) {
            values[each] = (float) (random.nextGaussian() * spread);
        }
        return values;
    }

    Model integers(String name, long... values) {
        var tensor = TensorProto.newBuilder()
                .setName(name)
                .setDataType(DataType.INT64.getNumber())
                .addDims(values.length);
        Arrays.stream(values).forEach(tensor::addInt64Data);
        graph.addInitializer(tensor);
        return this;
    }

    /** Adds an operator whose output, and whose node, has the name. */
    Model node(String operator, String name, List<String> inputs, AttributeProto... attributes) {
        graph.addNode(NodeProto.newBuilder()
                .setOpType(operator)
                .setName(name)
                .addAllInput(inputs)
                .addOutput(name)
                .addAllAttribute(Arrays.asList(attributes)));
        return this;
    }

    static AttributeProto integer(String name, long value) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeType.INT)
                .setI(value)
                .build();
    }

    static AttributeProto number(String name, float value) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeType.FLOAT)
                .setF(value)
                .build();
    }

    static AttributeProto integers(String name, List<Long> values) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeType.INTS)
                .addAllInts(values)
                .build();
    }

    ModelProto build() {
        return ModelProto.newBuilder()
                .setIrVersion(ir)
                .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(opset))
                .setGraph(graph)
                .build();
    }

    /** 16 inputs, 32 hidden neurons, 10 classes. */
    static ModelProto mlp(long seed) {
        return new Model(seed)
                .input("x", -1, 16)
                .output("y", -1, 10)
                .random("w1", 0.25, 16, 32)
                .random("b1", 0.1, 32)
                .random("w2", 0.2, 32, 10)
                .random("b2", 0.1, 10)
                .node("Gemm", "h", List.of("x", "w1", "b1"))
                .node("Relu", "r", List.of("h"))
                .node("Gemm", "l", List.of("r", "w2", "b2"))
                .node("Softmax", "y", List.of("l"))
                .build();
    }

    /** Two convolutions with pooling, then two dense layers, over 12 x 12 pixels. */
    static Model lenet(long seed) {
        return new Model(seed)
                .input("x", -1, 144)
                .output("y", -1, 10)
                .integers("shape", -1, 1, 12, 12)
                .random("k1", 0.3, 6, 1, 3, 3)
                .random("c1b", 0.1, 6)
                .random("k2", 0.2, 8, 6, 2, 2)
                .random("c2b", 0.1, 8)
                .random("w1", 0.2, 32, 20)
                .random("b1", 0.1, 20)
                .random("w2", 0.2, 20, 10)
                .random("b2", 0.1, 10)
                .node("Reshape", "image", List.of("x", "shape"))
                .node("Conv", "c1", List.of("image", "k1", "c1b"), integers("kernel_shape", List.of(3L, 3L)))
                .node("Relu", "r1", List.of("c1"))
                .node("MaxPool", "p1", List.of("r1"), window(), integers("strides", List.of(2L, 2L)))
                .node("Conv", "c2", List.of("p1", "k2", "c2b"), integers("kernel_shape", List.of(2L, 2L)))
                .node("Relu", "r2", List.of("c2"))
                .node("MaxPool", "p2", List.of("r2"), window(), integers("strides", List.of(2L, 2L)))
                .node("Flatten", "f", List.of("p2"))
                .node("Gemm", "d1", List.of("f", "w1", "b1"))
                .node("Relu", "r3", List.of("d1"))
                .node("Gemm", "d2", List.of("r3", "w2", "b2"))
                .node("Softmax", "y", List.of("d2"));
    }

    static AttributeProto window() {
        return integers("kernel_shape", List.of(2L, 2L));
    }

    /** Batches for a model's input x. */
    static List<Map<String, Tensor>> batches(long seed, int count, long... shape) {
        var random = new Random(seed);
        var batches = new ArrayList<Map<String, Tensor>>();
        for (int batch = 0; batch < count; batch++) {
            var values =
                    new float[(int) Tensors.length(Arrays.stream(shape).boxed().toList())];
            for (int each = 0; each < values.length; each++) {
                values[each] = (float) random.nextGaussian();
            }
            batches.add(Map.of("x", new Tensor(values, shape)));
        }
        return batches;
    }

    static TensorProto initializer(ModelProto model, String name) {
        return model.getGraph().getInitializerList().stream()
                .filter(each -> each.getName().equals(name))
                .findFirst()
                .orElseThrow();
    }

    /** The operators that ONNX Runtime really runs, after all of its optimizations, sorted. */
    static List<String> operators(ModelProto model) throws Exception {
        return optimized(model).getGraph().getNodeList().stream()
                .map(NodeProto::getOpType)
                .sorted()
                .toList();
    }

    /** The model as ONNX Runtime really runs it. */
    static ModelProto optimized(ModelProto model) throws Exception {
        var file = Files.createTempFile("optimized", ".onnx");
        try (var options = new SessionOptions()) {
            options.setOptimizationLevel(SessionOptions.OptLevel.EXTENDED_OPT);
            options.setOptimizedModelFilePath(file.toString());
            OrtEnvironment.getEnvironment()
                    .createSession(model.toByteArray(), options)
                    .close();
            return ModelProto.parseFrom(Files.readAllBytes(file));
        } finally {
            Files.delete(file);
        }
    }
}
