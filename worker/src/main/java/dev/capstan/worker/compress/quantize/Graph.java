package dev.capstan.worker.compress.quantize;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import onnx.Onnx.AttributeProto;
import onnx.Onnx.GraphProto;
import onnx.Onnx.ModelProto;
import onnx.Onnx.NodeProto;
import onnx.Onnx.TensorProto;
import onnx.Onnx.ValueInfoProto;

/**
 * A model's main graph, to be changed. Every node has a name of its own: those that had none, or another's, get one.
 * Subgraphs of control flow stay as they are, and what they read of the main graph is kept.
 */
final class Graph {
    final List<NodeProto.Builder> nodes = new ArrayList<>();
    final Map<String, TensorProto> initializers = new LinkedHashMap<>();
    final Names names;
    private final ModelProto model;
    private final Map<String, ValueInfoProto> inputs = new LinkedHashMap<>();
    /** What subgraphs read, and the model's outputs. */
    private final Set<String> pinned = new HashSet<>();

    private final Set<String> outputs = new HashSet<>();

    private Map<String, NodeProto.Builder> producers;
    private Map<String, List<NodeProto.Builder>> consumers;

    Graph(ModelProto model) {
        this.model = model;
        var graph = model.getGraph();
        names = new Names(graph);
        graph.getInitializerList().forEach(each -> initializers.put(each.getName(), each));
        graph.getInputList().forEach(each -> inputs.put(each.getName(), each));
        graph.getOutputList().forEach(each -> outputs.add(each.getName()));
        pinned.addAll(outputs);
        var own = new HashSet<String>();
        for (var node : graph.getNodeList()) {
            for (var attribute : node.getAttributeList()) {
                pin(attribute.getG());
                attribute.getGraphsList().forEach(this::pin);
            }
            var builder = node.toBuilder();
            if (node.getName().isEmpty()) {
                own.add(builder.setName(names.fresh(node.getOpType() + "_" + nodes.size()))
                        .getName());
            } else if (!own.add(node.getName())) {
                own.add(builder.setName(names.fresh(node.getName())).getName());
            }
            nodes.add(builder);
        }
    }

    private void pin(GraphProto subgraph) {
        for (var node : subgraph.getNodeList()) {
            pinned.addAll(node.getInputList());
            for (var attribute : node.getAttributeList()) {
                pin(attribute.getG());
                attribute.getGraphsList().forEach(this::pin);
            }
        }
        subgraph.getOutputList().forEach(each -> pinned.add(each.getName()));
    }

    /** To be called after nodes, or their inputs and outputs, have changed. */
    void changed() {
        producers = null;
        consumers = null;
    }

    /** The node that makes a tensor; none for inputs and constants. */
    Optional<NodeProto.Builder> producer(String tensor) {
        if (producers == null) {
            producers = new HashMap<>();
            nodes.forEach(node -> node.getOutputList().forEach(each -> producers.put(each, node)));
        }
        return Optional.ofNullable(producers.get(tensor));
    }

    /** The nodes that read a tensor, each as often as it does. */
    List<NodeProto.Builder> consumers(String tensor) {
        if (consumers == null) {
            consumers = new HashMap<>();
            nodes.forEach(node -> node.getInputList()
                    .forEach(each -> consumers
                            .computeIfAbsent(each, _ -> new ArrayList<>())
                            .add(node)));
        }
        return consumers.getOrDefault(tensor, List.of());
    }

    /** The one node that reads a tensor which nothing else does: no output of the model, and no subgraph. */
    Optional<NodeProto.Builder> onlyConsumer(String tensor) {
        var readers = consumers(tensor);
        return readers.size() == 1 && !pinned.contains(tensor) ? Optional.of(readers.getFirst()) : Optional.empty();
    }

    boolean isOutput(String tensor) {
        return outputs.contains(tensor);
    }

    /** Whether the model's outputs or a subgraph have the tensor. */
    boolean isPinned(String tensor) {
        return pinned.contains(tensor);
    }

    /** Whether the caller of the model gives the tensor. */
    boolean isInput(String tensor) {
        return inputs.containsKey(tensor) && !initializers.containsKey(tensor);
    }

    /** The default opset's version; 0 without. */
    long opset() {
        return Admission.opset(model);
    }

    static Optional<AttributeProto> attribute(NodeProto.Builder node, String name) {
        return node.getAttributeList().stream()
                .filter(each -> each.getName().equals(name))
                .findFirst();
    }

    static long integer(NodeProto.Builder node, String name, long otherwise) {
        return attribute(node, name).map(AttributeProto::getI).orElse(otherwise);
    }

    static float number(NodeProto.Builder node, String name, float otherwise) {
        return attribute(node, name).map(AttributeProto::getF).orElse(otherwise);
    }

    /** An input's name; empty where the node leaves it out. */
    static String input(NodeProto.Builder node, int index) {
        return index < node.getInputCount() ? node.getInput(index) : "";
    }

    /** Whether the node is one of ONNX' own operators, and of this type. */
    static boolean is(NodeProto.Builder node, String... types) {
        return isOwn(node.getDomain()) && List.of(types).contains(node.getOpType());
    }

    static boolean isOwn(String domain) {
        return domain.isEmpty() || domain.equals("ai.onnx");
    }

    /** Makes every reader of a tensor in this graph read another. */
    void redirect(String from, String to) {
        for (var node : nodes) {
            for (int each = 0; each < node.getInputCount(); each++) {
                if (node.getInput(each).equals(from)) {
                    node.setInput(each, to);
                }
            }
        }
        changed();
    }

    /** The model with this graph, without what nothing reads any more. */
    ModelProto toModel() {
        prune();
        var alive = new HashSet<>(outputs);
        alive.addAll(pinned);
        nodes.forEach(node -> alive.addAll(node.getInputList()));
        var made = new HashSet<>(alive);
        nodes.forEach(node -> made.addAll(node.getOutputList()));
        var graph = model.getGraph().toBuilder()
                .clearNode()
                .clearInitializer()
                .clearInput()
                .clearValueInfo();
        nodes.forEach(graph::addNode);
        initializers.values().stream()
                .filter(each -> alive.contains(each.getName()))
                .forEach(graph::addInitializer);
        // Before IR version 4 constants were inputs too. None may be afterwards: an input is what a caller may set.
        boolean constantsAreInputs = model.getIrVersion() < 4;
        inputs.values().stream()
                .filter(each -> isInput(each.getName()) || !constantsAreInputs && alive.contains(each.getName()))
                .forEach(graph::addInput);
        model.getGraph().getValueInfoList().stream()
                .filter(each -> made.contains(each.getName()))
                .forEach(graph::addValueInfo);
        return model.toBuilder()
                .setIrVersion(Math.max(4, model.getIrVersion()))
                .setGraph(graph)
                .build();
    }

    /** Takes away nodes whose outputs nothing reads, the last first. */
    private void prune() {
        var read = new HashMap<String, Integer>();
        nodes.forEach(node -> node.getInputList().forEach(each -> read.merge(each, 1, Integer::sum)));
        for (int at = nodes.size() - 1; at >= 0; at--) {
            var node = nodes.get(at);
            boolean used = node.getOutputList().stream()
                    .anyMatch(each -> !each.isEmpty() && (pinned.contains(each) || read.getOrDefault(each, 0) > 0));
            if (!used) {
                node.getInputList().forEach(each -> read.merge(each, -1, Integer::sum));
                nodes.remove(at);
            }
        }
        changed();
    }
}
