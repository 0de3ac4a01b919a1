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
import onnx.Onnx.NodeProto;

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

    /** Of a model whose operators have no other names than their own. */
    LayerNames() {
        layers = List.of();
    }

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
        if (layers.isEmpty()) {
            // The quantizer knows them, and says which there are.
            return Set.copyOf(named);
        }
        var operators = new LinkedHashSet<String>();
        for (var name : named) {
            var its = new ArrayList<String>();
            for (var node : model.getGraph().getNodeList()) {
                if (hasWeights(node, model) && layer(node.getName()).equals(name)) {
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

    /** Of operators that look up, those in a table of their own. */
    private static boolean hasWeights(NodeProto node, ModelProto model) {
        return WITH_WEIGHTS.contains(node.getOpType())
                || node.getOpType().equals("Gather")
                        && model.getGraph().getInitializerList().stream()
                                .anyMatch(each -> each.getDimsCount() > 1
                                        && each.getName().equals(node.getInput(0)));
    }

    private Set<String> withWeights(ModelProto model) {
        var names = new LinkedHashSet<String>();
        for (var node : model.getGraph().getNodeList()) {
            if (hasWeights(node, model)) {
                names.add(layer(node.getName()));
            }
        }
        return names;
    }
}
