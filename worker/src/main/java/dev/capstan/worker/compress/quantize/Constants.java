package dev.capstan.worker.compress.quantize;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import onnx.Onnx.NodeProto;
import onnx.Onnx.TensorProto;

/**
 * Tensors of floats that are the same at every run: initializers, operators Constant, and either behind Identity or
 * Transpose, as exporters write a weight that several nodes share.
 */
final class Constants {
    private Constants() {}

    /** The tensor of that name, if it is constant and of floats, with the name and values that its reader sees. */
    static Optional<TensorProto> floats(Graph graph, String name) {
        var initializer = graph.initializers.get(name);
        if (initializer != null) {
            return Optional.of(initializer).filter(Tensors::isFloat);
        }
        return graph.producer(name).flatMap(node -> switch (node.getOpType()) {
            case "Constant" ->
                Graph.attribute(node, "value")
                        .map(each -> each.getT().toBuilder().setName(name).build())
                        .filter(Tensors::isFloat);
            case "Identity" -> floats(graph, node.getInput(0));
            case "Transpose" -> floats(graph, node.getInput(0)).map(each -> transposed(name, each, node));
            default -> Optional.empty();
        });
    }

    /** The one number of a constant, if it is one. */
    static Optional<Float> number(Graph graph, String name) {
        return floats(graph, name)
                .filter(each -> Tensors.length(each.getDimsList()) == 1)
                .map(each -> Tensors.floats(each)[0]);
    }

    private static TensorProto transposed(String name, TensorProto tensor, NodeProto.Builder node) {
        int rank = tensor.getDimsCount();
        var order = new int[rank];
        for (int each = 0; each < rank; each++) {
            order[each] = rank - 1 - each;
        }
        Graph.attribute(node, "perm").ifPresent(perm -> {
            for (int each = 0; each < rank; each++) {
                order[each] = (int) perm.getInts(each);
            }
        });
        var steps = new int[rank];
        int step = 1;
        for (int each = rank - 1; each >= 0; each--) {
            steps[each] = step;
            step *= (int) tensor.getDims(each);
        }
        List<Long> shape = new ArrayList<>();
        for (int each : order) {
            shape.add(tensor.getDims(each));
        }
        var values = Tensors.floats(tensor);
        var turned = new float[values.length];
        var at = new int[rank];
        for (int each = 0; each < turned.length; each++) {
            int from = 0;
            for (int axis = 0; axis < rank; axis++) {
                from += at[axis] * steps[order[axis]];
            }
            turned[each] = values[from];
            for (int axis = rank - 1; axis >= 0 && ++at[axis] == shape.get(axis); axis--) {
                at[axis] = 0;
            }
        }
        return Tensors.floats(name, shape, turned);
    }
}
