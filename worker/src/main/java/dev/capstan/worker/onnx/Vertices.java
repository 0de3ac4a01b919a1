package dev.capstan.worker.onnx;

import static dev.capstan.worker.onnx.GraphBuilder.integer;

import dev.capstan.worker.onnx.Signal.Image;
import dev.capstan.worker.onnx.Signal.Row;
import dev.capstan.worker.onnx.Signal.Sequence;
import dev.capstan.worker.onnx.Signal.Words;
import java.util.List;
import org.deeplearning4j.nn.conf.graph.ElementWiseVertex;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.graph.MergeVertex;
import org.deeplearning4j.nn.conf.graph.PreprocessorVertex;
import org.deeplearning4j.nn.conf.graph.ScaleVertex;
import org.deeplearning4j.nn.conf.graph.ShiftVertex;

/** The vertices of DL4J's graphs that are no layers. */
final class Vertices {
    private final GraphBuilder graph;
    private final Shapes shapes;

    Vertices(GraphBuilder graph, Shapes shapes) {
        this.graph = graph;
        this.shapes = shapes;
    }

    /** Adds a vertex that is no layer. */
    Signal add(String name, GraphVertex vertex, List<Signal> inputs) throws NotTranslatable {
        var first = inputs.getFirst();
        var kind = vertex.getClass();
        if (kind == MergeVertex.class) {
            return merged(name, (MergeVertex) vertex, inputs);
        }
        if (kind == ElementWiseVertex.class) {
            return combined(name, (ElementWiseVertex) vertex, inputs);
        }
        if (kind == PreprocessorVertex.class) {
            return shapes.before(name, ((PreprocessorVertex) vertex).getPreProcessor(), first);
        }
        if (kind == ScaleVertex.class) {
            var factor = graph.scalar(((ScaleVertex) vertex).getScaleFactor());
            return first.as(graph.node("Mul", name + "_Mul", List.of(first.tensor(), factor)));
        }
        if (kind == ShiftVertex.class) {
            var summand = graph.scalar(((ShiftVertex) vertex).getShiftFactor());
            return first.as(graph.node("Add", name + "_Add", List.of(first.tensor(), summand)));
        }
        throw new NotTranslatable("vertex " + name + ", a " + kind.getSimpleName()
                + ", is of a kind that this worker can't write as ONNX");
    }

    /** Side by side, by channels. */
    private Signal merged(String name, MergeVertex vertex, List<Signal> inputs) throws NotTranslatable {
        if (inputs.size() == 1) {
            return inputs.getFirst();
        }
        var tensors = inputs.stream().map(Signal::tensor).toList();
        int axis = vertex.getMergeAxis();
        return switch (inputs.getFirst()) {
            case Row row
            when axis == 1 && all(inputs, Row.class) ->
                new Row(
                        graph.node("Concat", name + "_Concat", tensors, integer("axis", 1)),
                        inputs.stream().mapToLong(each -> ((Row) each).width()).sum());
            case Image image
            when axis == (image.channelsLast() ? 3 : 1) && all(inputs, Image.class) ->
                new Image(
                        graph.node("Concat", name + "_Concat", tensors, integer("axis", 1)),
                        inputs.stream()
                                .mapToLong(each -> ((Image) each).channels())
                                .sum(),
                        image.height(),
                        image.width(),
                        image.channelsLast());
            case Sequence sequence
            when axis == 1 && all(inputs, Sequence.class) ->
                new Sequence(
                        graph.node("Concat", name + "_Concat", tensors, integer("axis", 2)),
                        sequence.length(),
                        inputs.stream()
                                .mapToLong(each -> ((Sequence) each).width())
                                .sum());
            case Row row -> throw merge(name, axis);
            case Image image -> throw merge(name, axis);
            case Sequence sequence -> throw merge(name, axis);
            case Words words -> throw merge(name, axis);
        };
    }

    private static NotTranslatable merge(String name, int axis) {
        return new NotTranslatable("vertex " + name + ", a MergeVertex, merges along dimension " + axis
                + "; this worker can write merged channels of the same kind as ONNX");
    }

    private static boolean all(List<Signal> inputs, Class<?> kind) {
        return inputs.stream().allMatch(kind::isInstance);
    }

    /** Number by number. */
    private Signal combined(String name, ElementWiseVertex vertex, List<Signal> inputs) throws NotTranslatable {
        var first = inputs.getFirst();
        for (var each : inputs) {
            if (!each.as("").equals(first.as(""))) {
                throw new NotTranslatable("vertex " + name + ", an ElementWiseVertex, gets inputs of different shapes,"
                        + " which this worker can't write as ONNX");
            }
        }
        var tensors = inputs.stream().map(Signal::tensor).toList();
        return first.as(
                switch (vertex.getOp()) {
                    case Add -> graph.node("Sum", name + "_Sum", tensors);
                    case Average -> graph.node("Mean", name + "_Mean", tensors);
                    case Subtract -> graph.node("Sub", name + "_Sub", tensors);
                    case Max -> graph.node("Max", name + "_Max", tensors);
                    case Product -> {
                        var product = tensors.getFirst();
                        for (var each : tensors.subList(1, tensors.size())) {
                            product = graph.node("Mul", name + "_Mul", List.of(product, each));
                        }
                        yield product;
                    }
                });
    }
}
