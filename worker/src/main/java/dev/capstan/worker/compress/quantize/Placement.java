package dev.capstan.worker.compress.quantize;

import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import onnx.Onnx.NodeProto;

/**
 * Which activations become integers. A layer's input must; then what lies between layers follows, so that the runtime
 * finds each operator between DequantizeLinear and QuantizeLinear and computes in integers from one layer to the next:
 * Relu and Clip inside the pair of the layer that they follow, pooling and reshaping between pairs of one scale.
 */
final class Placement {
    /** Operators that hand on values as they are, so that what comes out has the scale of what came in. */
    private static final String[] HANDING_ON = {"MaxPool", "Flatten", "Reshape", "Transpose", "Squeeze", "Unsqueeze"};
    /** Operators that the runtime computes in integers if inputs and output are. */
    private static final String[] FOLLOWING = {"Add", "Mul", "Concat", "AveragePool", "GlobalAveragePool", "LeakyRelu"};

    /** Functions that the runtime takes together with the product before them. */
    private static final String[] FUNCTIONS = {
        "Clip",
        "Elu",
        "HardSigmoid",
        "LeakyRelu",
        "Relu",
        "Selu",
        "Sigmoid",
        "Softplus",
        "Softsign",
        "Tanh",
        "ThresholdedRelu"
    };

    private final Graph graph;
    private final Scheme scheme;
    private final Set<NodeProto.Builder> layers = Collections.newSetFromMap(new IdentityHashMap<>());
    private final Set<String> quantized = new LinkedHashSet<>();
    private final Map<String, String> above = new HashMap<>();
    private final Map<String, Boolean> integer = new HashMap<>();

    Placement(Graph graph, List<Layer> layers, Scheme scheme) {
        this.graph = graph;
        this.scheme = scheme;
        for (var layer : layers) {
            this.layers.add(layer.node());
            quantized.add(layer.input());
            // An integer convolution has integers as output; products of matrices may as well have floats.
            if (layer.isConvolution() || isTakenTogether(layer)) {
                quantized.add(end(layer.output()));
            }
        }
        int before;
        do {
            before = quantized.size();
            graph.nodes.forEach(this::spread);
        } while (quantized.size() > before);
        for (var node : graph.nodes) {
            if (handsOn(node) && quantized.contains(node.getInput(0)) && quantized.contains(node.getOutput(0))) {
                above.put(node.getOutput(0), node.getInput(0));
            }
        }
    }

    private void spread(NodeProto.Builder node) {
        if (handsOn(node)) {
            if (quantized.contains(node.getOutput(0)) && !isConstant(node.getInput(0))) {
                quantized.add(node.getInput(0));
            } else if (quantized.contains(node.getInput(0))
                    && madeOfIntegers(node.getInput(0))
                    && !graph.isPinned(node.getOutput(0))) {
                quantized.add(node.getOutput(0));
            }
        } else if (Graph.is(node, FOLLOWING)
                && quantized.contains(end(node.getOutput(0)))
                && node.getInputList().stream().noneMatch(this::isConstant)
                && node.getInputList().stream().allMatch(this::madeOfIntegers)) {
            quantized.addAll(node.getInputList());
        }
    }

    /**
     * Whether the runtime would take a product and the function after it together before it looks for integers: then it
     * computes both in floats, and makes floats of the weights at each run. A pair keeps it from that: between them, or
     * after a bound.
     */
    private boolean isTakenTogether(Layer layer) {
        return graph.onlyConsumer(layer.output())
                .filter(each -> Graph.is(each, FUNCTIONS))
                .isPresent();
    }

    private static boolean handsOn(NodeProto.Builder node) {
        return Graph.is(node, HANDING_ON) && node.getOutputCount() == 1;
    }

    private boolean isConstant(String tensor) {
        return graph.initializers.containsKey(tensor)
                || Constants.floats(graph, tensor).isPresent();
    }

    /** The tensor after the Relu or Clip that only reads this one; itself without. */
    private String end(String tensor) {
        // With 0 in the middle, integers reach below 0, and Relu isn't what they do by themselves.
        if (scheme == Scheme.SYMMETRIC) {
            return tensor;
        }
        return graph.onlyConsumer(tensor)
                .filter(this::isBound)
                .map(each -> each.getOutput(0))
                .orElse(tensor);
    }

    /** Whether unsigned integers from 0 on are bounded so by themselves; those of Clip's other bound are never met. */
    private boolean isBound(NodeProto.Builder node) {
        return Graph.is(node, "Relu") || Graph.is(node, "Clip") && least(node) == 0;
    }

    private float least(NodeProto.Builder clip) {
        return Constants.number(graph, Graph.input(clip, 1))
                .orElseGet(() -> Graph.number(clip, "min", Float.NEGATIVE_INFINITY));
    }

    /** The node that computes a tensor, before the Relu or Clip that belongs to it. */
    private Optional<NodeProto.Builder> maker(String tensor) {
        var producer = graph.producer(tensor);
        return producer.filter(each -> scheme == Scheme.ASYMMETRIC
                        && isBound(each)
                        && graph.onlyConsumer(each.getInput(0)).isPresent())
                .map(each -> graph.producer(each.getInput(0)))
                .orElse(producer);
    }

    /** Whether the operator that makes a tensor can compute in integers from the layers before it on. */
    private boolean madeOfIntegers(String tensor) {
        var known = integer.get(tensor);
        if (known == null) {
            known = maker(tensor)
                    .map(node -> layers.contains(node)
                            || handsOn(node) && madeOfIntegers(node.getInput(0))
                            || Graph.is(node, FOLLOWING)
                                    && node.getInputList().stream().allMatch(this::madeOfIntegers))
                    .orElse(false);
            integer.put(tensor, known);
        }
        return known;
    }

    /** The quantized activations. */
    Set<String> tensors() {
        return quantized;
    }

    /** The activation whose range a quantized one has. */
    String root(String tensor) {
        var root = tensor;
        while (above.containsKey(root)) {
            root = above.get(root);
        }
        return root;
    }

    /** Whether the runtime computes a quantized tensor in integers, so that its floats exist for no one. */
    boolean isComputed(String tensor) {
        return maker(tensor)
                .map(node -> layers.contains(node)
                        || (handsOn(node) || Graph.is(node, FOLLOWING)) && quantized.containsAll(data(node)))
                .orElse(false);
    }

    private static List<String> data(NodeProto.Builder node) {
        return handsOn(node) ? List.of(node.getInput(0)) : node.getInputList();
    }

    /** Whether an operator reads integers for its input of that index. */
    boolean readsIntegers(NodeProto.Builder node, int index) {
        if (!quantized.contains(node.getInput(index))) {
            return false;
        }
        if (layers.contains(node) || handsOn(node)) {
            return index == 0 && (layers.contains(node) || quantized.contains(node.getOutput(0)));
        }
        return Graph.is(node, FOLLOWING)
                && quantized.contains(end(node.getOutput(0)))
                && quantized.containsAll(node.getInputList());
    }
}
