package dev.capstan.worker.model;

import dev.capstan.worker.model.Structure.Axis;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.deeplearning4j.nn.layers.normalization.BatchNormalization;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.updater.BaseMultiLayerUpdater;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;

/** A network whose layers follow one another. */
final class MultiLayer extends Dl4jNetwork {
    private final MultiLayerNetwork network;

    /** @param network initialized */
    MultiLayer(MultiLayerNetwork network, Setup setup) {
        network.initGradientsView();
        super(
                network,
                network.getLayers(),
                network.getOutputLayer(),
                (BaseMultiLayerUpdater<?>) network.getUpdater(),
                setup);
        this.network = network;
    }

    @Override
    double scoreOfGradient(INDArray inputs, INDArray labels, INDArray mask) {
        network.setInput(inputs);
        network.setLabels(labels);
        if (mask != null) {
            network.setLayerMaskArrays(mask, null);
        }
        network.computeGradientAndScore();
        if (mask != null) {
            network.clearLayerMaskArrays();
        }
        return network.score();
    }

    @Override
    INDArray outputOf(INDArray inputs, INDArray mask) {
        return network.output(inputs, false, mask, null);
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
        var activations = network.feedForward(inputs, false);
        // The first of them is the input.
        return IntStream.range(0, layers.length)
                .anyMatch(i -> layers[i] instanceof BatchNormalization
                        && activations.get(i + 1).rank() == 2);
    }

    @Override
    void countSteps(int steps) {
        network.setIterationCount(steps);
    }

    @Override
    void countEpochs(int epochs) {
        // Only this call tells the layers, which keep counts of their own.
        network.setEpochCount(epochs - 1);
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
        return network.getLayerWiseConfigurations().toJson();
    }

    @Override
    String key(int layer) {
        return String.valueOf(layer);
    }

    @Override
    void read(StructureReader reader) {
        var configuration = network.getLayerWiseConfigurations();
        Axis signal = null;
        for (int i = 0; i < network.getnLayers(); i++) {
            var layer = configuration.getConf(i).getLayer();
            var tensors = network.getLayer(i).paramTable();
            signal = reader.layer(name(i), tensors, layer, configuration.getInputPreProcess(i), signal);
        }
    }

    private String name(int index) {
        var name =
                network.getLayerWiseConfigurations().getConf(index).getLayer().getLayerName();
        return name == null ? "layer" + index : name;
    }

    @Override
    Dl4jNetwork resized(Sizes sizes, Setup setup) {
        var configuration = network.getLayerWiseConfigurations().clone();
        for (int i = 0; i < network.getnLayers(); i++) {
            sizes.set(name(i), configuration.getConf(i).getLayer(), configuration.getInputPreProcess(i));
        }
        var smaller = new MultiLayerNetwork(configuration);
        smaller.init();
        return new MultiLayer(smaller, setup);
    }
}
