package dev.capstan.worker.compress.quantize;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.worker.onnx.OnnxSession;
import java.util.List;
import onnx.Onnx.AttributeProto;
import onnx.Onnx.AttributeProto.AttributeType;
import onnx.Onnx.GraphProto;
import onnx.Onnx.ModelProto;
import onnx.Onnx.NodeProto;
import onnx.Onnx.TensorProto.DataLocation;
import org.junit.jupiter.api.Test;

class AdmissionTest {
    private static void assertRefused(String part, ModelProto model) {
        var message = assertThrows(
                        IllegalArgumentException.class,
                        () -> Quantizer.quantize(model, Model.batches(1, 1, 4, 16), Settings.standard()))
                .getMessage();
        assertTrue(message.contains(part), message);
    }

    private static ModelProto opset(long version) {
        var model = Model.mlp(1).toBuilder();
        model.getOpsetImportBuilder(0).setVersion(version);
        return model.build();
    }

    @Test
    void opsetsThatAreTooOldOrTooNewAreRefused() {
        assertRefused("the model is of opset 9; it must be of 10 to 26, by channel of 13 at least", opset(9));
        assertRefused("the model is of opset 27; it must be of 10 to 26", opset(27));
        assertRefused(
                "the model is of opset 0",
                Model.mlp(1).toBuilder().clearOpsetImport().build());
        // The bound is what the runtime in use says.
        OnnxSession.of(opset(Admission.NEWEST_OPSET)).close();
        assertThrows(IllegalArgumentException.class, () -> OnnxSession.of(opset(Admission.NEWEST_OPSET + 1)));
    }

    @Test
    void tensorsInOtherFilesAreRefusedWhereverTheyAre() {
        var model = Model.mlp(1).toBuilder();
        model.getGraphBuilder().getInitializerBuilder(2).setDataLocation(DataLocation.EXTERNAL);
        assertRefused("tensor w2 lies in a file beside the model", model.build());
        var inner = model.getGraphBuilder()
                .getInitializerBuilder(2)
                .setName("inner")
                .build();
        model.getGraphBuilder().getInitializerBuilder(2).setName("w2").setDataLocation(DataLocation.DEFAULT);
        model.getGraphBuilder()
                .addNode(NodeProto.newBuilder()
                        .setOpType("If")
                        .addAttribute(AttributeProto.newBuilder()
                                .setName("then_branch")
                                .setType(AttributeType.GRAPH)
                                .setG(GraphProto.newBuilder().addInitializer(inner))));
        assertRefused("tensor inner lies in a file beside the model", model.build());
    }

    @Test
    void whatIsQuantizedAlreadyIsRefused() {
        var quantized = Quantizer.quantize(Model.mlp(1), Model.batches(1, 2, 4, 16), Settings.standard());
        assertRefused("operator QuantizeLinear (node \"", quantized.model());
        assertRefused("give the one with floats from which it was made", quantized.model());
    }

    @Test
    void aModelOfMoreThanOneFileIsRefusedByItsSize() {
        var message = assertThrows(IllegalArgumentException.class, () -> Admission.check(Model.mlp(1), 3000))
                .getMessage();
        // (16 x 32 + 32 + 32 x 10 + 10) floats
        assertEquals("the model's constants have 3496 bytes; a model in one ONNX file has at most 3000", message);
        Admission.check(Model.mlp(1), 3496);
    }

    @Test
    void aModelWithNothingToQuantizeIsRefusedWithTheReasons() {
        assertRefused(
                "the model has no operators",
                ModelProto.newBuilder().setIrVersion(8).build());
        var relu = new Model(1)
                .input("x", -1, 16)
                .output("y", -1, 16)
                .node("Relu", "y", List.of("x"))
                .build();
        assertRefused(
                "nothing in the model can be quantized: it has no Conv, Gemm, MatMul or table of embeddings", relu);
        var product = new Model(1)
                .input("x", -1, 16)
                .output("y", -1, -1)
                .node("Transpose", "t", List.of("x"))
                .node("MatMul", "y", List.of("x", "t"))
                .build();
        assertRefused("[MatMul y: its weights t are computed by Transpose t]", product);
    }

    @Test
    void weightsThatAreNoNumbersAreRefusedByName() {
        for (var each : List.of("w2", "b2")) {
            var model = Model.mlp(1).toBuilder();
            for (var tensor : model.getGraphBuilder().getInitializerBuilderList()) {
                if (tensor.getName().equals(each)) {
                    var values = Tensors.floats(tensor.build());
                    values[3] = Float.NaN;
                    tensor.mergeFrom(Tensors.floats(each, List.of(), values));
                }
            }
            assertRefused(each + " of Gemm l hold", model.build());
        }
    }
}
