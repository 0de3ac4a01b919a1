package dev.capstan.worker.torch;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.InputPreProcessor;
import org.deeplearning4j.nn.conf.graph.ElementWiseVertex;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.deeplearning4j.nn.conf.graph.PreprocessorVertex;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;

/** What a sample comes by on its one way through a network, in this order. */
sealed interface Stop {
    /**
     * A layer.
     *
     * @param index among the network's layers
     * @param name as a message says it
     * @param before what comes before it; null if nothing does
     */
    record Computed(int index, String name, Layer layer, InputPreProcessor before) implements Stop {}

    /** Another shape. */
    record Reshaped(InputPreProcessor how) implements Stop {}

    /** What comes here is kept for a sum further on. */
    record Kept() implements Stop {}

    /** What was kept last is added. */
    record Added() implements Stop {}

    /** The network's layers, as DL4J has them. */
    static org.deeplearning4j.nn.api.Layer[] layers(Model model) {
        return switch (model) {
            case MultiLayerNetwork list -> list.getLayers();
            case ComputationGraph graph -> graph.getLayers();
            default -> throw new IllegalArgumentException("no network of layers: " + model.getClass());
        };
    }

    /** The way; empty if a network branches other than around blocks whose input is added to what they give. */
    static Optional<List<Stop>> of(Model model) {
        return switch (model) {
            case MultiLayerNetwork list -> Optional.of(of(list));
            case ComputationGraph graph -> new Walk(graph).way();
            default -> Optional.empty();
        };
    }

    private static List<Stop> of(MultiLayerNetwork list) {
        var configuration = list.getLayerWiseConfigurations();
        var stops = new ArrayList<Stop>();
        for (int i = 0; i < list.getnLayers(); i++) {
            stops.add(new Computed(
                    i, "layer " + i, configuration.getConf(i).getLayer(), configuration.getInputPreProcess(i)));
        }
        return stops;
    }

    /** From a graph's input on. */
    final class Walk {
        private final Map<String, GraphVertex> vertices;
        private final Map<String, List<String>> inputs;
        private final Map<String, Integer> layers = new HashMap<>();
        private final List<Stop> stops = new ArrayList<>();
        private final ArrayDeque<String> kept = new ArrayDeque<>();
        private String at;

        private Walk(ComputationGraph graph) {
            vertices = graph.getConfiguration().getVertices();
            inputs = graph.getConfiguration().getVertexInputs();
            for (int i = 0; i < graph.getNumLayers(); i++) {
                layers.put(graph.getLayer(i).conf().getLayer().getLayerName(), i);
            }
            at = graph.getConfiguration().getNetworkInputs().getFirst();
        }

        private Optional<List<Stop>> way() {
            int passed = 0;
            for (var next = next(); next.isPresent(); next = next()) {
                if (!pass(next.get())) {
                    return Optional.empty();
                }
                passed++;
            }
            return passed == vertices.size() && kept.isEmpty() ? Optional.of(stops) : Optional.empty();
        }

        /** Where it goes on: of two vertices, one is the sum at the block's end. */
        private Optional<String> next() {
            var all = vertices.keySet().stream()
                    .filter(each -> inputs.get(each).contains(at))
                    .toList();
            if (all.size() != 2) {
                return all.size() == 1 ? Optional.of(all.getFirst()) : Optional.empty();
            }
            var within = all.stream().filter(each -> !isSum(each)).toList();
            if (within.size() != 1) {
                return Optional.empty();
            }
            kept.push(at);
            stops.add(new Kept());
            return Optional.of(within.getFirst());
        }

        private boolean isSum(String vertex) {
            return vertices.get(vertex) instanceof ElementWiseVertex sum
                    && sum.getOp() == ElementWiseVertex.Op.Add
                    && inputs.get(vertex).size() == 2;
        }

        private boolean pass(String vertex) {
            switch (vertices.get(vertex)) {
                case LayerVertex layer
                when layers.containsKey(vertex) ->
                    stops.add(new Computed(
                            layers.get(vertex), vertex, layer.getLayerConf().getLayer(), layer.getPreProcessor()));
                case PreprocessorVertex shape -> stops.add(new Reshaped(shape.getPreProcessor()));
                case ElementWiseVertex sum
                when isSum(vertex) && !kept.isEmpty() && inputs.get(vertex).contains(kept.peek()) -> {
                    kept.pop();
                    stops.add(new Added());
                }
                default -> {
                    return false;
                }
            }
            at = vertex;
            return true;
        }
    }
}
