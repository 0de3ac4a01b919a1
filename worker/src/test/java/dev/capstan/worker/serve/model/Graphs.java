package dev.capstan.worker.serve.model;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import onnx.Onnx.AttributeProto;
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

/** Small ONNX models. */
final class Graphs {
    private final GraphProto.Builder graph = GraphProto.newBuilder().setName("test");

    static Graphs graph() {
        return new Graphs();
    }

    /** @param dimensions below 0 where it is open; dimensions of one number are named alike */
    Graphs input(String name, DataType type, long... dimensions) {
        graph.addInput(value(name, type, dimensions));
        return this;
    }

    Graphs output(String name, DataType type, long... dimensions) {
        graph.addOutput(value(name, type, dimensions));
        return this;
    }

    Graphs node(String operator, List<String> inputs, List<String> outputs, AttributeProto... attributes) {
        graph.addNode(NodeProto.newBuilder()
                .setOpType(operator)
                .addAllInput(inputs)
                .addAllOutput(outputs)
                .addAllAttribute(List.of(attributes)));
        return this;
    }

    Graphs longs(String name, long... values) {
        var tensor = TensorProto.newBuilder()
                .setName(name)
                .setDataType(DataType.INT64_VALUE)
                .addDims(values.length);
        for (long each : values) {
            tensor.addInt64Data(each);
        }
        graph.addInitializer(tensor);
        return this;
    }

    Graphs floats(String name, int rows, int columns) {
        var tensor = TensorProto.newBuilder()
                .setName(name)
                .setDataType(DataType.FLOAT_VALUE)
                .addDims(rows)
                .addDims(columns);
        for (int i = 0; i < rows * columns; i++) {
            tensor.addFloatData((i % 7 - 3) / 8f);
        }
        graph.addInitializer(tensor);
        return this;
    }

    static AttributeProto integer(String name, long value) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeProto.AttributeType.INT)
                .setI(value)
                .build();
    }

    ModelProto model() {
        return ModelProto.newBuilder()
                .setIrVersion(8)
                .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(17))
                .setGraph(graph)
                .build();
    }

    Path in(Path folder) throws IOException {
        return Files.write(Files.createTempFile(folder, "model", ".onnx"), model().toByteArray());
    }

    private static ValueInfoProto value(String name, DataType type, long... dimensions) {
        var shape = TensorShapeProto.newBuilder();
        for (long each : dimensions) {
            shape.addDim(
                    each < 0
                            ? Dimension.newBuilder().setDimParam("d" + -each)
                            : Dimension.newBuilder().setDimValue(each));
        }
        return ValueInfoProto.newBuilder()
                .setName(name)
                .setType(TypeProto.newBuilder()
                        .setTensorType(TypeProto.Tensor.newBuilder()
                                .setElemType(type.getNumber())
                                .setShape(shape)))
                .build();
    }
}
