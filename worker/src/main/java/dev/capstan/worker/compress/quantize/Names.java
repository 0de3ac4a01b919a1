package dev.capstan.worker.compress.quantize;

import java.util.HashSet;
import java.util.Set;
import onnx.Onnx.GraphProto;
import onnx.Onnx.NodeProto;

/**
 * The names that a graph has taken, those of its subgraphs among them: initializers, inputs, outputs, what is between,
 * and nodes. A new name is none of them.
 */
final class Names {
    private final Set<String> taken = new HashSet<>();

    Names(GraphProto graph) {
        take(graph);
    }

    private void take(GraphProto graph) {
        graph.getInitializerList().forEach(each -> taken.add(each.getName()));
        graph.getSparseInitializerList()
                .forEach(each -> taken.add(each.getValues().getName()));
        graph.getInputList().forEach(each -> taken.add(each.getName()));
        graph.getOutputList().forEach(each -> taken.add(each.getName()));
        graph.getValueInfoList().forEach(each -> taken.add(each.getName()));
        graph.getNodeList().forEach(this::take);
    }

    private void take(NodeProto node) {
        taken.add(node.getName());
        taken.addAll(node.getInputList());
        taken.addAll(node.getOutputList());
        for (var attribute : node.getAttributeList()) {
            take(attribute.getG());
            attribute.getGraphsList().forEach(this::take);
        }
    }

    /** A name like the one wanted that nothing has; from now on it is taken. */
    String fresh(String wanted) {
        var name = wanted;
        for (int number = 1; !taken.add(name); number++) {
            name = wanted + "_" + number;
        }
        return name;
    }
}
