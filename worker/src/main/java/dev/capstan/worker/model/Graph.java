package dev.capstan.worker.model;

import dev.capstan.worker.model.Structure.Axis;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.layers.normalization.BatchNormalization;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;

/** A network whose layers form a graph, with one input and one output. */
final class Graph extends Dl4jNetwork {
    private final ComputationGraph network;

    /** @param network initialized */
    Graph(ComputationGraph network, Setup setup) {
        network.initGradientsView();
        super(network, network.getLayers(), network.getOutputLayer(0), network.getUpdater(), setup);
        this.network = network;
    }

    @Override
    double scoreOfGradient(INDArray inputs, INDArray labels, INDArray mask) {
        network.setInputs(inputs);
        network.setLabels(labels);
        if (mask != null) {
            network.setLayerMaskArrays(new INDArray[] {mask}, null);
        }
        network.computeGradientAndScore();
        if (mask != null) {
            network.clearLayerMaskArrays();
        }
        return network.score();
    }

    @Override
    INDArray outputOf(INDArray inputs, INDArray mask) {
        return network.output(false, new INDArray[] {inputs}, mask == null ? null : new INDArray[] {mask})[0];
    }

    @Override
    double scoreInUse(INDArray inputs, INDArray labels, INDArray mask) {
        return network.score(new DataSet(inputs, labels, mask, null), false);
    }

    @Override
    double penalties() {
        return network.calcRegularizationScore(true);
    }

    @Override
    boolean normalizesNumbers(INDArray inputs) {
        var layers = network.getLayers();
        if (Arrays.stream(layers).noneMatch(BatchNormalization.class::isInstance)) {
            return false;
        }
        var activations = network.feedForward(new INDArray[] {inputs}, false);
        return Arrays.stream(layers)
                .filter(BatchNormalization.class::isInstance)
                .anyMatch(layer ->
                        activations.get(layer.conf().getLayer().getLayerName()).rank() == 2);
    }

    @Override
    void countSteps(int steps) {
        network.getConfiguration().setIterationCount(steps);
    }

    @Override
    void countEpochs(int epochs) {
        // Only this call tells the layers, which keep counts of their own.
        network.getConfiguration().setEpochCount(epochs - 1);
        network.incrementEpochCount();
    }

    @Override
    public int step() {
        return network.getIterationCount();
    }

    @Override
    public int epoch() {
        return network.getEpochCount();
    }

    @Override
    String json() {
        return network.getConfiguration().toJson();
    }

    @Override
    String key(int layer) {
        return network.getLayer(layer).conf().getLayer().getLayerName();
    }

    @Override
    void read(StructureReader reader) {
        var configuration = network.getConfiguration();
        var signals = new HashMap<String, Axis>();
        for (int i : network.topologicalSortOrder()) {
            var name = network.getVertices()[i].getVertexName();
            var vertex = configuration.getVertices().get(name);
            if (vertex != null) {
                var inputs = configuration.getVertexInputs().get(name).stream()
                        .map(signals::get)
                        .toList();
                var layer = network.getLayer(name);
                var tensors = layer == null ? Map.<String, INDArray>of() : layer.paramTable();
                signals.put(name, Vertices.signal(reader, name, tensors, vertex, inputs));
            }
        }
    }

    @Override
    Dl4jNetwork resized(Sizes sizes, Setup setup) {
        var configuration = network.getConfiguration().clone();
        configuration.getVertices().forEach((name, vertex) -> {
            if (vertex instanceof LayerVertex layer) {
                sizes.set(name, layer.getLayerConf().getLayer(), layer.getPreProcessor());
            }
        });
        var smaller = new ComputationGraph(configuration);
        smaller.init();
        return new Graph(smaller, setup);
    }
}
