package dev.capstan.worker.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.worker.onnx.OnnxSession.Tensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import onnx.Onnx.GraphProto;
import onnx.Onnx.ModelProto;
import onnx.Onnx.NodeProto;
import onnx.Onnx.OperatorSetIdProto;
import onnx.Onnx.TensorProto;
import onnx.Onnx.TensorShapeProto;
import onnx.Onnx.TensorShapeProto.Dimension;
import onnx.Onnx.TypeProto;
import onnx.Onnx.ValueInfoProto;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OnnxSessionTest {
    @TempDir
    Path folder;

    @Test
    void aModelIsRunFromMemoryAndFromAFile() throws Exception {
        var model = model("Mul", TensorProto.DataType.FLOAT);
        var file = folder.resolve("model.onnx");
        try (var out = Files.newOutputStream(file)) {
            OnnxFile.write(model, out);
        }
        assertEquals(model, OnnxFile.read(file));
        var a = new Tensor(new float[] {1, 2, 3, 4}, 2, 2);
        var b = new Tensor(new float[] {3, 3, 3, 3}, 2, 2);
        try (var memory = OnnxSession.of(model);
                var disk = OnnxSession.of(file)) {
            for (var session : List.of(memory, disk)) {
                assertEquals(List.of("a", "b"), session.inputs());
                assertEquals(List.of("c"), session.outputs());
                var product = session.run(Map.of("a", a, "b", b)).get("c");
                assertArrayEquals(new float[] {3, 6, 9, 12}, product.values());
                assertArrayEquals(new long[] {2, 2}, product.shape());
            }
        }
    }

    @Test
    void whatIsWrongIsSaid() throws Exception {
        assertMessage("NoSuchOperator", () -> OnnxSession.of(model("NoSuchOperator", TensorProto.DataType.FLOAT)));
        var text = Files.writeString(folder.resolve("text.onnx"), "this is a text");
        assertMessage("text.onnx is no ONNX model", () -> OnnxFile.read(text));
        var empty = Files.writeString(folder.resolve("empty.onnx"), "");
        assertMessage("empty.onnx has no operators", () -> OnnxFile.read(empty));
        var one = new Tensor(new float[] {1, 2}, 1, 2);
        try (var session = OnnxSession.of(model("Mul", TensorProto.DataType.FLOAT))) {
            assertMessage("the inputs [a, b]", () -> session.run(one));
            assertMessage("Got: 3 Expected: 2", () -> session.run(Map.of("a", one, "b", Tensor.rows(new float[3], 1))));
        }
        try (var session = OnnxSession.of(model("Less", TensorProto.DataType.BOOL))) {
            assertMessage("output c is", () -> session.run(Map.of("a", one, "b", one)));
        }
    }

    private static void assertMessage(String part, org.junit.jupiter.api.function.Executable work) {
        var message = assertThrows(IllegalArgumentException.class, work).getMessage();
        assertTrue(message.contains(part), message);
    }

    /** An operator of two inputs, over rows of two numbers. */
    private static ModelProto model(String operator, TensorProto.DataType type) {
        return ModelProto.newBuilder()
                .setIrVersion(8)
                .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(17))
                .setGraph(GraphProto.newBuilder()
                        .setName("test")
                        .addInput(rows("a", TensorProto.DataType.FLOAT))
                        .addInput(rows("b", TensorProto.DataType.FLOAT))
                        .addOutput(rows("c", type))
                        .addNode(NodeProto.newBuilder()
                                .setOpType(operator)
                                .addInput("a")
                                .addInput("b")
                                .addOutput("c")))
                .build();
    }

    private static ValueInfoProto rows(String name, TensorProto.DataType type) {
        return ValueInfoProto.newBuilder()
                .setName(name)
                .setType(TypeProto.newBuilder()
                        .setTensorType(TypeProto.Tensor.newBuilder()
                                .setElemType(type.getNumber())
                                .setShape(TensorShapeProto.newBuilder()
                                        .addDim(Dimension.newBuilder().setDimParam("N"))
                                        .addDim(Dimension.newBuilder().setDimValue(2)))))
                .build();
    }
}
