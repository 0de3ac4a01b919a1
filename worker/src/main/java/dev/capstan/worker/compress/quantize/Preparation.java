package dev.capstan.worker.compress.quantize;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import onnx.Onnx.AttributeProto;
import onnx.Onnx.ModelProto;
import onnx.Onnx.NodeProto;
import onnx.Onnx.TensorProto;

/**
 * Rewrites a model into one that computes the same and can be quantized whole: batch normalization becomes part of the
 * convolution before it (Jacob et al. 2018, section 3.2), MatMul and Add become one Gemm, Gemm's alpha and beta go into
 * its weights, Relu comes before the pooling that it follows, and what does nothing at inference goes.
 */
final class Preparation {
    private final Graph graph;
    private final Map<String, Integer> ranks;

    private Preparation(Graph graph, Map<String, Integer> ranks) {
        this.graph = graph;
        this.ranks = ranks;
    }

    /** @param ranks number of dimensions of what goes into each MatMul, as far as it is known */
    static ModelProto prepare(ModelProto model, Map<String, Integer> ranks) {
        var preparation = new Preparation(new Graph(model), ranks);
        preparation.dropWhatDoesNothing();
        preparation.joinBias();
        preparation.foldFactors();
        preparation.foldBatchNormalization();
        preparation.putReluBeforePooling();
        return preparation.graph.toModel();
    }

    private void dropWhatDoesNothing() {
        for (var node : List.copyOf(graph.nodes)) {
            boolean idle = Graph.is(node, "Identity")
                    || Graph.is(node, "Concat") && node.getInputCount() == 1
                    || Graph.is(node, "Dropout") && node.getOutputCount() == 1 && node.getInputCount() < 3;
            if (idle && !graph.isPinned(node.getOutput(0)) && !graph.initializers.containsKey(node.getInput(0))) {
                graph.redirect(node.getOutput(0), node.getInput(0));
                graph.nodes.remove(node);
                graph.changed();
            }
        }
    }

    /** MatMul of matrices, and Add of a number for each column. */
    private void joinBias() {
        for (var node : List.copyOf(graph.nodes)) {
            if (!Graph.is(node, "MatMul") || ranks.getOrDefault(node.getInput(0), 0) != 2) {
                continue;
            }
            var weight = Constants.floats(graph, node.getInput(1));
            var add = graph.onlyConsumer(node.getOutput(0)).filter(each -> Graph.is(each, "Add"));
            if (weight.isEmpty() || weight.get().getDimsCount() != 2 || add.isEmpty()) {
                continue;
            }
            int other = add.get().getInput(0).equals(node.getOutput(0)) ? 1 : 0;
            var bias = Constants.floats(graph, add.get().getInput(other));
            if (bias.isPresent() && isRow(bias.get(), weight.get().getDims(1))) {
                node.setOpType("Gemm")
                        .addInput(add.get().getInput(other))
                        .setOutput(0, add.get().getOutput(0));
                graph.nodes.remove(add.get());
                graph.changed();
            }
        }
    }

    private static boolean isRow(TensorProto bias, long columns) {
        int rank = bias.getDimsCount();
        return rank >= 1 && rank <= 2 && bias.getDims(rank - 1) == columns && (rank == 1 || bias.getDims(0) == 1);
    }

    private void foldBatchNormalization() {
        for (var node : List.copyOf(graph.nodes)) {
            if (!Graph.is(node, "Conv", "Gemm")) {
                continue;
            }
            var following = graph.onlyConsumer(node.getOutput(0))
                    .filter(each -> Graph.is(each, "BatchNormalization")
                            && each.getOutputCount() == 1
                            && Graph.integer(each, "training_mode", 0) == 0);
            following.ifPresent(each -> fold(node, each));
        }
    }

    private void fold(NodeProto.Builder node, NodeProto.Builder normalization) {
        int axis = Layer.outputAxis(node);
        var weight = Constants.floats(graph, node.getInput(1));
        var bias = Graph.input(node, 2).isEmpty()
                ? null
                : Constants.floats(graph, node.getInput(2)).orElse(null);
        var parts = normalization.getInputList().subList(1, 5).stream()
                .flatMap(each -> Constants.floats(graph, each).stream())
                .map(Tensors::floats)
                .toList();
        boolean computed = bias == null && !Graph.input(node, 2).isEmpty();
        if (weight.isEmpty() || computed || parts.size() < 4) {
            return;
        }
        int channels = (int) weight.get().getDims(axis);
        var added = bias == null ? new float[channels] : Tensors.floats(bias);
        if (added.length != channels || parts.getFirst().length != channels) {
            return;
        }
        float epsilon = Graph.number(normalization, "epsilon", 1e-5f);
        var factors = new float[channels];
        var shifted = new float[channels];
        for (int channel = 0; channel < channels; channel++) {
            double factor = parts.get(0)[channel] / Math.sqrt((double) parts.get(3)[channel] + epsilon);
            factors[channel] = (float) factor;
            shifted[channel] =
                    (float) ((added[channel] - (double) parts.get(2)[channel]) * factor + parts.get(1)[channel]);
        }
        weights(node, Layer.scaled(weight.get(), axis, factors));
        bias(node, shifted);
        node.setOutput(0, normalization.getOutput(0));
        graph.nodes.remove(normalization);
        graph.changed();
    }

    private void foldFactors() {
        for (var node : graph.nodes) {
            if (!Graph.is(node, "Gemm")) {
                continue;
            }
            float alpha = Graph.number(node, "alpha", 1);
            float beta = Graph.number(node, "beta", 1);
            var weight = Constants.floats(graph, node.getInput(1));
            var bias = Constants.floats(graph, Graph.input(node, 2));
            if (weight.isEmpty() || weight.get().getDimsCount() != 2) {
                continue;
            }
            int axis = Layer.outputAxis(node);
            int columns = (int) weight.get().getDims(axis);
            if (alpha != 1) {
                var factors = new float[columns];
                Arrays.fill(factors, alpha);
                weights(node, Layer.scaled(weight.get(), axis, factors));
                without(node, "alpha");
            }
            boolean row = bias.isPresent()
                    && (isRow(bias.get(), columns) || Tensors.length(bias.get().getDimsList()) == 1);
            if (row
                    && (beta != 1
                            || bias.get().getDimsCount() != 1
                            || bias.get().getDims(0) != columns)) {
                var values = Tensors.floats(bias.get());
                var full = new float[columns];
                for (int column = 0; column < columns; column++) {
                    full[column] = beta * values[values.length == 1 ? 0 : column];
                }
                bias(node, full);
                without(node, "beta");
            }
        }
        graph.changed();
    }

    /** Both keep the order of numbers, so the maximum of what Relu leaves is what Relu leaves of the maximum. */
    private void putReluBeforePooling() {
        for (var node : List.copyOf(graph.nodes)) {
            if (!Graph.is(node, "MaxPool") || node.getOutputCount() != 1) {
                continue;
            }
            var pooled = node.getInput(0);
            var convolution = graph.producer(pooled).filter(each -> Graph.is(each, "Conv"));
            var following = graph.onlyConsumer(node.getOutput(0)).filter(each -> Graph.is(each, "Relu"));
            if (convolution.isPresent()
                    && following.isPresent()
                    && graph.onlyConsumer(pooled).isPresent()) {
                var pooling = node.build();
                var relu = following.get().build();
                var between = graph.names.fresh(pooled + "_relu");
                node.clear().mergeFrom(relu).setInput(0, pooled).setOutput(0, between);
                following.get().clear().mergeFrom(pooling).setInput(0, between).setOutput(0, relu.getOutput(0));
                graph.changed();
            }
        }
    }

    private void weights(NodeProto.Builder node, TensorProto scaled) {
        var name = graph.names.fresh(node.getInput(1) + "_folded");
        graph.initializers.put(name, scaled.toBuilder().setName(name).build());
        node.setInput(1, name);
    }

    private void bias(NodeProto.Builder node, float[] values) {
        var old = Graph.input(node, 2);
        var name = graph.names.fresh(old.isEmpty() ? node.getName() + "_bias" : old + "_folded");
        graph.initializers.put(name, Tensors.floats(name, List.of((long) values.length), values));
        if (node.getInputCount() > 2) {
            node.setInput(2, name);
        } else {
            node.addInput(name);
        }
    }

    private static void without(NodeProto.Builder node, String attribute) {
        var kept = node.getAttributeList().stream()
                .filter(each -> !each.getName().equals(attribute))
                .toList();
        node.clearAttribute();
        for (AttributeProto each : kept) {
            node.addAttribute(each);
        }
    }
}
