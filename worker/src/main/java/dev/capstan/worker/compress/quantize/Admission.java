package dev.capstan.worker.compress.quantize;

import java.util.List;
import java.util.function.Consumer;
import onnx.Onnx.GraphProto;
import onnx.Onnx.ModelProto;
import onnx.Onnx.OperatorSetIdProto;
import onnx.Onnx.TensorProto;

/** Which models can be quantized at all; what can't is refused with the tensor's or the operator's name. */
final class Admission {
    /** The first with QuantizeLinear. */
    static final long OLDEST_OPSET = 10;
    /** The first whose QuantizeLinear knows channels. */
    static final long CHANNELS_OPSET = 13;
    /** The newest that ONNX Runtime runs. */
    static final long NEWEST_OPSET = 26;

    private static final List<String> QUANTIZED =
            List.of("QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear", "MatMulInteger", "ConvInteger");

    private Admission() {}

    /** The version of ONNX' own operators; 0 if the model names none. */
    static long opset(ModelProto model) {
        return model.getOpsetImportList().stream()
                .filter(each -> Graph.isOwn(each.getDomain()))
                .mapToLong(OperatorSetIdProto::getVersion)
                .findFirst()
                .orElse(0);
    }

    /**
     * Refuses a model that can't be quantized.
     *
     * @param longest number of bytes that its constants may have
     * @throws IllegalArgumentException with the tensor or operator, and what would be right
     */
    static void check(ModelProto model, long longest) {
        if (model.getGraph().getNodeCount() == 0) {
            throw new IllegalArgumentException("the model has no operators; it must be an ONNX model with a graph");
        }
        long opset = opset(model);
        if (opset < OLDEST_OPSET || opset > NEWEST_OPSET) {
            throw new IllegalArgumentException(
                    "the model is of opset " + opset + "; it must be of " + OLDEST_OPSET + " to "
                            + NEWEST_OPSET + ", by channel of " + CHANNELS_OPSET
                            + " at least: convert it with onnx.version_converter, or export it anew");
        }
        tensors(model.getGraph(), tensor -> {
            if (Tensors.isExternal(tensor)) {
                throw new IllegalArgumentException("tensor " + tensor.getName()
                        + " lies in a file beside the model; the model must hold all its tensors in itself, as onnx.save does"
                        + " without save_as_external_data");
            }
        });
        for (var node : model.getGraph().getNodeList()) {
            if (QUANTIZED.contains(node.getOpType()) || node.getOpType().startsWith("QLinear")) {
                throw new IllegalArgumentException(
                        "operator " + node.getOpType() + " (node \"" + node.getName()
                                + "\") means that the model is quantized already; give the one with floats from which it was made");
            }
        }
        var bytes = new long[1];
        tensors(model.getGraph(), tensor -> bytes[0] += size(tensor));
        if (bytes[0] > longest) {
            throw new IllegalArgumentException("the model's constants have " + bytes[0]
                    + " bytes; a model in one ONNX file has at most " + longest);
        }
    }

    private static long size(TensorProto tensor) {
        return tensor.getRawData().size()
                + (long) Float.BYTES * (tensor.getFloatDataCount() + tensor.getInt32DataCount())
                + (long) Double.BYTES * (tensor.getDoubleDataCount() + tensor.getInt64DataCount());
    }

    private static void tensors(GraphProto graph, Consumer<TensorProto> taken) {
        graph.getInitializerList().forEach(taken);
        for (var node : graph.getNodeList()) {
            for (var attribute : node.getAttributeList()) {
                if (attribute.hasT()) {
                    taken.accept(attribute.getT());
                }
                attribute.getTensorsList().forEach(taken);
                tensors(attribute.getG(), taken);
                attribute.getGraphsList().forEach(each -> tensors(each, taken));
            }
        }
    }
}
