package dev.capstan.worker.compress.quantize;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import onnx.Onnx.NodeProto;
import onnx.Onnx.TensorProto;

/**
 * What of a graph can be quantized, and what not and why.
 *
 * @param quantized operators whose weights or tables become int8, in the graph's order
 * @param left what stays in float, although it has weights or isn't one of ONNX' own operators
 */
record Layers(List<Layer> quantized, List<LeftInFloat> left) {
    private static final String DYNAMIC = "the runtime quantizes recurrent layers dynamically only";

    /** What was found, with a reason instead of a layer where it can't be quantized. */
    private sealed interface Found {
        record Whole(Layer layer) implements Found {}

        record Not(String reason) implements Found {}
    }

    /**
     * Finds a graph's layers.
     *
     * @param exempt names of layers that stay in float: of the node, of its output, or of a scope that holds the node,
     *     such as "features" for "/features/0/Conv"
     * @throws IllegalArgumentException if nothing has one of these names; the sentence lists those there are
     */
    static Layers of(Graph graph, Set<String> exempt) {
        var quantized = new ArrayList<Layer>();
        var left = new ArrayList<LeftInFloat>();
        var unknown = new TreeSet<>(exempt);
        var candidates = new ArrayList<String>();
        for (var node : graph.nodes) {
            var named = exempt.stream().filter(each -> names(each, node)).toList();
            Optional<Found> found = find(graph, node);
            if (found.isPresent()) {
                candidates.add(node.getName());
                unknown.removeAll(named);
            }
            found.ifPresent(each -> {
                if (!named.isEmpty()) {
                    left.add(new LeftInFloat(node.getName(), node.getOpType(), "exempt by name"));
                    return;
                }
                switch (each) {
                    case Found.Whole whole -> quantized.add(whole.layer());
                    case Found.Not not -> left.add(new LeftInFloat(node.getName(), node.getOpType(), not.reason()));
                }
            });
        }
        if (!unknown.isEmpty()) {
            throw new IllegalArgumentException("no layer is named " + String.join(" or ", unknown)
                    + ", so it can't be exempt; the model's layers are " + String.join(", ", candidates));
        }
        return new Layers(List.copyOf(quantized), List.copyOf(left));
    }

    /** Those that multiply, and so take and give integers. */
    List<Layer> products() {
        return quantized.stream().filter(each -> !each.isTable()).toList();
    }

    /** The same with some more layers in float, by the names of their nodes. */
    Layers without(Set<String> exempt) {
        var kept = new ArrayList<Layer>();
        var all = new ArrayList<>(left);
        for (var layer : quantized) {
            if (exempt.contains(layer.name())) {
                all.add(new LeftInFloat(layer.name(), layer.node().getOpType(), "exempt by its sensitivity"));
            } else {
                kept.add(layer);
            }
        }
        return new Layers(List.copyOf(kept), List.copyOf(all));
    }

    /** Whether a user's name means the node. */
    private static boolean names(String name, NodeProto.Builder node) {
        var whole = "/" + node.getName() + "/";
        var layers = Pattern.quote(name + "_" + node.getOpType()) + "(_\\d+)?";
        return node.getName().equals(name)
                || node.getName().matches(layers)
                || node.getOutputList().contains(name)
                || !name.isEmpty() && whole.contains("/" + name + "/");
    }

    /** Nothing for operators that have no weights of their own. */
    private static Optional<Found> find(Graph graph, NodeProto.Builder node) {
        if (!Graph.isOwn(node.getDomain())) {
            return not("it is of domain " + node.getDomain() + ", of which nothing is known here");
        }
        return switch (node.getOpType()) {
            case "Conv", "Gemm", "MatMul" -> Optional.of(matrix(graph, node));
            case "LSTM", "GRU", "RNN" -> not(DYNAMIC);
            case "ConvTranspose" -> not("the runtime has no int8 form of it");
            case "Gather" -> table(graph, node);
            case "If", "Loop", "Scan" -> not("what lies in its subgraphs stays as it is");
            default -> Optional.empty();
        };
    }

    private static Optional<Found> not(String reason) {
        return Optional.of(new Found.Not(reason));
    }

    /** Rows that are looked up by their number: what embeds words. */
    private static Optional<Found> table(Graph graph, NodeProto.Builder node) {
        var table = Constants.floats(graph, node.getInput(0)).filter(each -> each.getDimsCount() == 2);
        if (table.isEmpty() || Tensors.length(table.get().getDimsList()) == 0) {
            return Optional.empty();
        }
        checkFinite(node, node.getInput(0), table.get());
        return Graph.integer(node, "axis", 0) == 0
                ? Optional.of(new Found.Whole(new Layer(node, table.get(), 1, List.of())))
                : not("its table is looked up by column");
    }

    private static void checkFinite(NodeProto.Builder node, String name, TensorProto tensor) {
        for (float each : Tensors.floats(tensor)) {
            if (!Float.isFinite(each)) {
                throw new IllegalArgumentException("the numbers " + name + " of " + node.getOpType() + " "
                        + node.getName() + " hold " + each + "; all must be finite");
            }
        }
    }

    private static Found matrix(Graph graph, NodeProto.Builder node) {
        var weight = Constants.floats(graph, node.getInput(1));
        if (weight.isEmpty()) {
            return new Found.Not(computed(graph, node.getInput(1)));
        }
        if (Constants.floats(graph, node.getInput(0)).isPresent()) {
            return new Found.Not("all of its inputs are constant");
        }
        if (Tensors.length(weight.get().getDimsList()) == 0) {
            return new Found.Not("its weights " + node.getInput(1) + " have the shape "
                    + weight.get().getDimsList() + ", which holds nothing");
        }
        checkFinite(node, node.getInput(1), weight.get());
        if (node.getOpType().equals("MatMul")) {
            int rank = weight.get().getDimsCount();
            return rank < 2
                    ? new Found.Not("its weights " + node.getInput(1) + " are a vector")
                    : new Found.Whole(new Layer(node, weight.get(), rank == 2 ? 1 : -1, List.of()));
        }
        if (Graph.integer(node, "transA", 0) != 0) {
            return new Found.Not("its input is transposed (transA)");
        }
        return biased(graph, node, weight.get());
    }

    private static Found biased(Graph graph, NodeProto.Builder node, TensorProto weight) {
        int axis = Layer.outputAxis(node);
        var name = Graph.input(node, 2);
        if (name.isEmpty()) {
            return new Found.Whole(new Layer(node, weight, axis, List.of()));
        }
        var bias = Constants.floats(graph, name);
        if (bias.isEmpty()) {
            return new Found.Not("its bias " + name + " is not constant");
        }
        var values = Tensors.floats(bias.get());
        if (values.length != weight.getDims(axis) || Graph.number(node, "beta", 1) != 1) {
            return new Found.Not("its bias " + name + " has the shape "
                    + bias.get().getDimsList() + ", not a number for each of " + weight.getDims(axis) + " channels");
        }
        checkFinite(node, name, bias.get());
        var list = new ArrayList<Float>(values.length);
        for (float each : values) {
            list.add(each);
        }
        return new Found.Whole(new Layer(node, weight, axis, List.copyOf(list)));
    }

    private static String computed(Graph graph, String weight) {
        var initializer = graph.initializers.get(weight);
        if (initializer != null) {
            return "its weights " + weight + " are of type " + Tensors.type(initializer.getDataType()) + ", not FLOAT";
        }
        return graph.producer(weight)
                .map(each -> "its weights " + weight + " are computed by " + each.getOpType() + " " + each.getName())
                .orElse("its weights " + weight + " are no constants of the model");
    }
}
