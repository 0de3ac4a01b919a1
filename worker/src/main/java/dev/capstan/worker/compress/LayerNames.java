package dev.capstan.worker.compress;

import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.model.Structure;
import dev.capstan.worker.outcome.Failure;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import onnx.Onnx.ModelProto;

/**
 * The user's names of layers, and those of the operators that a layer has become in an ONNX model, which begin with it:
 * {@code layer0} has become {@code layer0_Gemm}.
 */
final class LayerNames {
    /** Operators with weights, each of which may stay in float. */
    private static final Set<String> WITH_WEIGHTS =
            Set.of("Conv", "ConvTranspose", "Gemm", "MatMul", "LSTM", "GRU", "RNN");

    /** The longest first, because one name may be another's beginning. */
    private final List<String> layers;

    private final Set<String> inOrder = new LinkedHashSet<>();

    LayerNames(Structure structure) {
        structure.parts().forEach(each -> inOrder.add(each.layer()));
        inOrder.addAll(structure.unread().keySet());
        layers = inOrder.stream()
                .sorted(Comparator.comparingInt(String::length).reversed())
                .toList();
    }

    /** The layer that an operator is of; its own name if it is of none. */
    String layer(String operator) {
        return layers.stream()
                .filter(each -> operator.equals(each) || operator.startsWith(each + "_"))
                .findFirst()
                .orElse(operator);
    }

    /**
     * The operators with weights of these layers.
     *
     * @param field where they are named
     * @throws Failure InvalidJob if the model has no such layer, or nothing of it could be quantized
     */
    Set<String> operators(String field, Collection<String> named, ModelProto model) {
        var operators = new LinkedHashSet<String>();
        for (var name : named) {
            var its = new ArrayList<String>();
            for (var node : model.getGraph().getNodeList()) {
                if (WITH_WEIGHTS.contains(node.getOpType())
                        && layer(node.getName()).equals(name)) {
                    its.add(node.getName());
                }
            }
            if (its.isEmpty()) {
                throw new Failure(
                        Reason.InvalidJob,
                        field + " names the layer " + name
                                + (inOrder.contains(name)
                                        ? ", of which nothing would be quantized"
                                        : ", which the model doesn't have")
                                + "; its layers with weights that would are "
                                + String.join(", ", withWeights(model)));
            }
            operators.addAll(its);
        }
        return operators;
    }

    private Set<String> withWeights(ModelProto model) {
        var names = new LinkedHashSet<String>();
        for (var node : model.getGraph().getNodeList()) {
            if (WITH_WEIGHTS.contains(node.getOpType())) {
                names.add(layer(node.getName()));
            }
        }
        return names;
    }
}
