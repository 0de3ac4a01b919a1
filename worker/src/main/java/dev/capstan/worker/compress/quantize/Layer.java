package dev.capstan.worker.compress.quantize;

import java.util.List;
import onnx.Onnx.NodeProto;
import onnx.Onnx.TensorProto;

/**
 * An operator whose weights become int8, or a table of which rows are looked up.
 *
 * @param node the operator, in the graph that it was found in
 * @param weight its constant weights
 * @param axis of the weights, along which output channels lie; -1 if none is
 * @param bias one number for each output channel; empty without
 */
record Layer(NodeProto.Builder node, TensorProto weight, int axis, List<Float> bias) {
    String name() {
        return node.getName();
    }

    /** The activation that comes in. */
    String input() {
        return node.getInput(0);
    }

    /** What comes out, before any activation function. */
    String output() {
        return node.getOutput(0);
    }

    /** Whether rows are looked up, not multiplied: then the input is indices. */
    boolean isTable() {
        return node.getOpType().equals("Gather");
    }

    boolean isConvolution() {
        return node.getOpType().equals("Conv");
    }

    /** The input's axis of channels. */
    int inputAxis() {
        return isConvolution() ? 1 : -1;
    }

    /** Number of output channels. */
    int channels() {
        return (int) weight.getDims(axis);
    }

    /** The axis of the weights' output channels: Conv's first, Gemm's by transB, MatMul's last. */
    static int outputAxis(NodeProto.Builder node) {
        return switch (node.getOpType()) {
            case "Conv" -> 0;
            case "Gemm" -> Graph.integer(node, "transB", 0) == 0 ? 1 : 0;
            default -> 1;
        };
    }

    /** How many weights in a row belong to the same output channel; all if no axis is theirs. */
    static int inner(TensorProto weight, int axis) {
        int inner = 1;
        for (int each = axis + 1; each < weight.getDimsCount(); each++) {
            inner *= (int) weight.getDims(each);
        }
        return inner;
    }

    /** The weights, each multiplied by its channel's factor. */
    static TensorProto scaled(TensorProto weight, int axis, float[] factors) {
        var values = Tensors.floats(weight);
        int inner = inner(weight, axis);
        for (int each = 0; each < values.length; each++) {
            values[each] *= factors[each / inner % factors.length];
        }
        return Tensors.floats(weight.getName(), weight.getDimsList(), values);
    }
}
