package dev.capstan.worker.compress.quantize;

import dev.capstan.worker.onnx.OnnxSession;
import java.util.Collection;
import onnx.Onnx.AttributeProto;
import onnx.Onnx.AttributeProto.AttributeType;
import onnx.Onnx.ModelProto;
import onnx.Onnx.NodeProto;
import onnx.Onnx.TensorProto.DataType;
import onnx.Onnx.TypeProto;
import onnx.Onnx.ValueInfoProto;

/** Forms of a model that are only run here, to look into it. */
final class Twin {
    private Twin() {}

    /**
     * The model with outputs of floats only, under the names that the model has: labels and the like are cast, what is
     * no tensor of numbers goes.
     */
    static OnnxSession withFloatOutputs(ModelProto model) {
        var names = new Names(model.getGraph());
        var graph = model.getGraph().toBuilder().clearOutput();
        for (var output : model.getGraph().getOutputList()) {
            int type = output.getType().getTensorType().getElemType();
            if (type == DataType.FLOAT.getNumber()) {
                graph.addOutput(output);
            } else if (output.getType().hasTensorType() && type != DataType.STRING.getNumber()) {
                var cast = names.fresh(output.getName() + "_as_float");
                graph.addNode(NodeProto.newBuilder()
                        .setOpType("Cast")
                        .addInput(output.getName())
                        .addOutput(cast)
                        .addAttribute(AttributeProto.newBuilder()
                                .setName("to")
                                .setType(AttributeType.INT)
                                .setI(DataType.FLOAT.getNumber())));
                graph.addOutput(floats(cast));
            }
        }
        return OnnxSession.of(model.toBuilder().setGraph(graph).build());
    }

    /** The model with these tensors as outputs, which must be of floats, and no others. */
    static OnnxSession withOutputs(ModelProto model, Collection<String> tensors) {
        var graph = model.getGraph().toBuilder().clearOutput();
        tensors.forEach(each -> graph.addOutput(floats(each)));
        return OnnxSession.of(model.toBuilder().setGraph(graph).build());
    }

    private static ValueInfoProto floats(String name) {
        return ValueInfoProto.newBuilder()
                .setName(name)
                .setType(TypeProto.newBuilder()
                        .setTensorType(TypeProto.Tensor.newBuilder().setElemType(DataType.FLOAT.getNumber())))
                .build();
    }
}
