package dev.capstan.worker.compress.quantize;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import onnx.Onnx.AttributeProto;
import onnx.Onnx.AttributeProto.AttributeType;
import onnx.Onnx.NodeProto;
import onnx.Onnx.TensorProto;
import onnx.Onnx.TensorProto.DataType;

/** Writes pairs of QuantizeLinear and DequantizeLinear, and integer weights, into a graph. */
final class Writer {
    private final Graph graph;
    private final Placement placement;
    private final Function<String, Affine> maps;
    private final List<NodeProto.Builder> written = new ArrayList<>();
    /** Names of scale and zero point by what they belong to. */
    private final Map<String, List<String>> parameters = new HashMap<>();
    /** What operators that compute in integers read for a quantized activation. */
    private final Map<String, String> dequantized = new HashMap<>();
    /** Weights that were written, by their numbers: those of several layers are written once. */
    private final Map<List<Object>, String> constants = new HashMap<>();

    /** @param maps how a quantized activation becomes integers */
    Writer(Graph graph, Placement placement, Function<String, Affine> maps) {
        this.graph = graph;
        this.placement = placement;
        this.maps = maps;
    }

    /** @param weights of each layer */
    void write(List<Layer> layers, Function<Layer, Weights> weights) {
        var byNode = new IdentityHashMap<NodeProto.Builder, Layer>();
        layers.forEach(each -> byNode.put(each.node(), each));
        // Asked before anything changes.
        var reads = new IdentityHashMap<NodeProto.Builder, List<Integer>>();
        graph.nodes.forEach(node -> reads.put(
                node,
                IntStream.range(0, node.getInputCount())
                        .filter(each -> placement.readsIntegers(node, each))
                        .boxed()
                        .toList()));
        var computed =
                placement.tensors().stream().filter(placement::isComputed).collect(Collectors.toSet());
        placement.tensors().stream()
                .filter(each -> graph.producer(each).isEmpty())
                .forEach(each -> pair(each, each, graph.names.fresh(each + "_dequantized")));
        for (var node : List.copyOf(graph.nodes)) {
            var layer = byNode.get(node);
            if (layer != null) {
                constants(layer, weights.apply(layer));
            }
            reads.get(node).forEach(each -> node.setInput(each, dequantized.get(node.getInput(each))));
            written.add(node);
            for (int each = 0; each < node.getOutputCount(); each++) {
                var tensor = node.getOutput(each);
                if (computed.contains(tensor)) {
                    node.setOutput(each, graph.names.fresh(tensor + "_float"));
                    pair(tensor, node.getOutput(each), tensor);
                } else if (placement.tensors().contains(tensor)) {
                    pair(tensor, tensor, graph.names.fresh(tensor + "_dequantized"));
                }
            }
        }
        graph.nodes.clear();
        graph.nodes.addAll(written);
        graph.changed();
    }

    private void pair(String tensor, String from, String to) {
        var names = parameters(tensor);
        var integers = graph.names.fresh(tensor + "_quantized");
        written.add(node("QuantizeLinear", List.of(from, names.get(0), names.get(1)), integers));
        written.add(node("DequantizeLinear", List.of(integers, names.get(0), names.get(1)), to));
        dequantized.put(tensor, to);
    }

    private List<String> parameters(String tensor) {
        var root = placement.root(tensor);
        return parameters.computeIfAbsent(root, _ -> {
            var map = maps.apply(root);
            var type = map.lowest() < 0 ? DataType.INT8 : DataType.UINT8;
            return List.of(
                    constant(root + "_scale", name -> Tensors.floats(name, List.of(), map.scale())),
                    constant(
                            root + "_zero_point",
                            name -> Tensors.bytes(name, type, List.of(), (byte) map.zeroPoint())));
        });
    }

    private void constants(Layer layer, Weights weights) {
        var node = layer.node();
        int channels = weights.scales().length;
        List<Long> shape = weights.byChannel() ? List.of((long) channels) : List.of();
        var zeroPoints = new byte[channels];
        Arrays.fill(zeroPoints, weights.zeroPoint());
        var weight = layer.weight();
        node.setInput(
                1,
                dequantized(
                        node.getInput(1),
                        name -> Tensors.bytes(name, DataType.INT8, weight.getDimsList(), weights.values()),
                        name -> Tensors.floats(name, shape, weights.scales()),
                        name -> Tensors.bytes(name, DataType.INT8, shape, zeroPoints),
                        weights.byChannel() ? layer.axis() : -1));
        if (weights.bias().length == 0) {
            return;
        }
        var old = Graph.input(node, 2);
        var bias = dequantized(
                old.isEmpty() ? layer.name() + "_bias" : old,
                name -> Tensors.ints(name, List.of((long) weights.bias().length), weights.bias()),
                name -> Tensors.floats(name, shape, weights.biasScales()),
                name -> Tensors.ints(name, shape, new int[channels]),
                weights.byChannel() ? 0 : -1);
        if (node.getInputCount() > 2) {
            node.setInput(2, bias);
        } else {
            node.addInput(bias);
        }
    }

    /** The name of a constant that is kept as integers. */
    private String dequantized(
            String base,
            Function<String, TensorProto> integers,
            Function<String, TensorProto> scale,
            Function<String, TensorProto> zeroPoint,
            int axis) {
        return constants.computeIfAbsent(List.of(integers.apply(""), scale.apply(""), zeroPoint.apply(""), axis), _ -> {
            var inputs = List.of(
                    constant(base + "_quantized", integers),
                    constant(base + "_scale", scale),
                    constant(base + "_zero_point", zeroPoint));
            var output = graph.names.fresh(base + "_dequantized");
            var node = node("DequantizeLinear", inputs, output);
            if (axis >= 0) {
                node.addAttribute(AttributeProto.newBuilder()
                        .setName("axis")
                        .setType(AttributeType.INT)
                        .setI(axis));
            }
            written.add(node);
            return output;
        });
    }

    private String constant(String wanted, Function<String, TensorProto> tensor) {
        var name = graph.names.fresh(wanted);
        graph.initializers.put(name, tensor.apply(name));
        return name;
    }

    private NodeProto.Builder node(String operator, List<String> inputs, String output) {
        return NodeProto.newBuilder()
                .setOpType(operator)
                .setName(graph.names.fresh(output + "_" + operator))
                .addAllInput(inputs)
                .addOutput(output);
    }
}
