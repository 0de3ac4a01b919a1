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
    /** What is added to a tensor's name. Short, for names are a part of a small model's size. */
    private static final List<String> PARTS = List.of("_q", "_scale", "_zero");

    private static final String FLOATS = "_dq";

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

    /** Tables in the same way. */
    private final Map<TensorProto, String> tables = new HashMap<>();

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
                .forEach(this::pairOfFloats);
        for (var node : List.copyOf(graph.nodes)) {
            var layer = byNode.get(node);
            if (layer != null && layer.isTable()) {
                table(layer, weights.apply(layer));
                continue;
            }
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
                } else {
                    pairOfFloats(tensor);
                }
            }
        }
        graph.nodes.clear();
        graph.nodes.addAll(written);
        graph.changed();
    }

    /** For what stays there as floats as well: only operators that compute in integers read the pair. */
    private void pairOfFloats(String tensor) {
        if (placement.tensors().contains(tensor)) {
            pair(tensor, tensor, graph.names.fresh(tensor + FLOATS));
        }
    }

    private void pair(String tensor, String from, String to) {
        var names = parameters(tensor);
        var integers = graph.names.fresh(tensor + PARTS.get(0));
        written.add(node(integers, "QuantizeLinear", List.of(from, names.get(0), names.get(1)), integers));
        // A tensor that keeps its name may have it of its node.
        var name = to.equals(tensor) ? graph.names.fresh(tensor + FLOATS) : to;
        written.add(node(name, "DequantizeLinear", List.of(integers, names.get(0), names.get(1)), to));
        dequantized.put(tensor, to);
    }

    private List<String> parameters(String tensor) {
        var root = placement.root(tensor);
        return parameters.computeIfAbsent(root, _ -> {
            var map = maps.apply(root);
            return List.of(
                    constant(root + PARTS.get(1), Tensors.floats("", List.of(), map.scale())),
                    constant(
                            root + PARTS.get(2), Tensors.bytes("", DataType.UINT8, List.of(), (byte) map.zeroPoint())));
        });
    }

    private void constants(Layer layer, Weights weights) {
        var node = layer.node();
        int channels = weights.scales().length;
        List<Long> shape = weights.byChannel() ? List.of((long) channels) : List.of();
        var zeroPoints = new byte[channels];
        Arrays.fill(zeroPoints, weights.zeroPoint());
        var integers = Tensors.bytes("", DataType.INT8, layer.weight().getDimsList(), weights.values());
        node.setInput(
                1,
                dequantized(
                        node.getInput(1),
                        weights.byChannel() ? layer.axis() : -1,
                        integers,
                        Tensors.floats("", shape, weights.scales()),
                        Tensors.bytes("", DataType.INT8, shape, zeroPoints)));
        if (weights.bias().length == 0) {
            return;
        }
        var old = Graph.input(node, 2);
        // A bias's zero point is 0, which it is without being written: the runtime fuses either form, and this is
        // smaller.
        var bias = dequantized(
                old.isEmpty() ? layer.name() + "_bias" : old,
                weights.byChannel() ? 0 : -1,
                Tensors.ints("", List.of((long) weights.bias().length), weights.bias()),
                Tensors.floats("", shape, weights.biasScales()));
        if (node.getInputCount() > 2) {
            node.setInput(2, bias);
        } else {
            node.addInput(bias);
        }
    }

    /** Rows are looked up as integers, and then made floats: only those that are asked for. */
    private void table(Layer layer, Weights weights) {
        var node = layer.node();
        var base = node.getInput(0);
        var zeroPoint = new byte[] {weights.zeroPoint()};
        var output = node.getOutput(0);
        var rows = graph.names.fresh(output + PARTS.get(0));
        var integers = Tensors.bytes("", DataType.INT8, layer.weight().getDimsList(), weights.values());
        node.setInput(0, tables.computeIfAbsent(integers, _ -> constant(base + PARTS.get(0), integers)));
        node.setOutput(0, rows);
        written.add(node);
        var scale = constant(base + PARTS.get(1), Tensors.floats("", List.of(), weights.scales()));
        var zero = constant(base + PARTS.get(2), Tensors.bytes("", DataType.INT8, List.of(), zeroPoint));
        var name = graph.names.fresh(output + FLOATS);
        written.add(node(name, "DequantizeLinear", List.of(rows, scale, zero), output));
        pairOfFloats(output);
    }

    private static AttributeProto axis(long axis) {
        return AttributeProto.newBuilder()
                .setName("axis")
                .setType(AttributeType.INT)
                .setI(axis)
                .build();
    }

    /**
     * The name of a constant that is kept as integers.
     *
     * @param parts the integers, their scales, and zero points if they aren't 0
     */
    private String dequantized(String base, int axis, TensorProto... parts) {
        return constants.computeIfAbsent(List.of(axis, List.of(parts)), _ -> {
            var inputs = IntStream.range(0, parts.length)
                    .mapToObj(each -> constant(base + PARTS.get(each), parts[each]))
                    .toList();
            var output = graph.names.fresh(base + FLOATS);
            var node = node(output, "DequantizeLinear", inputs, output);
            if (axis >= 0) {
                node.addAttribute(axis(axis));
            }
            written.add(node);
            return output;
        });
    }

    private String constant(String wanted, TensorProto tensor) {
        var name = graph.names.fresh(wanted);
        graph.initializers.put(name, tensor.toBuilder().setName(name).build());
        return name;
    }

    private static NodeProto.Builder node(String name, String operator, List<String> inputs, String output) {
        return NodeProto.newBuilder()
                .setOpType(operator)
                .setName(name)
                .addAllInput(inputs)
                .addOutput(output);
    }
}
