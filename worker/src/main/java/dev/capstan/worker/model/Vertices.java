package dev.capstan.worker.model;

import dev.capstan.worker.model.Structure.Axis;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.deeplearning4j.nn.conf.graph.ElementWiseVertex;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.deeplearning4j.nn.conf.graph.MergeVertex;
import org.deeplearning4j.nn.conf.graph.ScaleVertex;
import org.deeplearning4j.nn.conf.graph.ShiftVertex;
import org.nd4j.linalg.api.ndarray.INDArray;

/** What becomes of layers' outputs where a graph's branches meet. */
final class Vertices {
    /** Of sequences, too: samples, channels or numbers, and what follows. */
    private static final int CHANNELS = 1;

    private Vertices() {}

    /**
     * @param tensors of a layer; none elsewhere
     * @param inputs what it gets; null for each of which nothing can be taken away
     * @return what it gives; null if nothing of that can be taken away
     */
    static Axis signal(
            StructureReader reader, String name, Map<String, INDArray> tensors, GraphVertex vertex, List<Axis> inputs) {
        return switch (vertex) {
            case LayerVertex layer
            when inputs.size() == 1 ->
                reader.layer(
                        name, tensors, layer.getLayerConf().getLayer(), layer.getPreProcessor(), inputs.getFirst());
            case ElementWiseVertex sum -> reader.groups().tied(inputs, name);
            case MergeVertex merge
            when merge.getMergeAxis() == CHANNELS && inputs.stream().allMatch(Objects::nonNull) ->
                reader.groups().joined(inputs);
            case ScaleVertex scale -> inputs.getFirst();
            case ShiftVertex shift -> inputs.getFirst();
            default -> {
                inputs.forEach(each -> reader.groups()
                        .fix(
                                each,
                                "feeds " + name + ", a " + vertex.getClass().getSimpleName()
                                        + ", which can't be cut along with it"));
                yield null;
            }
        };
    }
}
