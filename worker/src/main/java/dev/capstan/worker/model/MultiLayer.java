package dev.capstan.worker.model;

import java.util.List;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.updater.BaseMultiLayerUpdater;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;

/** A network whose layers follow one another. */
final class MultiLayer implements Network {
    private final MultiLayerNetwork network;
    private final BaseMultiLayerUpdater<?> updater;
    private final INDArray gradientRow;
    private final List<INDArray> statistics;
    private final boolean sequences;

    /**
     * @param network initialized
     * @param sequences whether samples are sequences of words
     */
    MultiLayer(MultiLayerNetwork network, boolean sequences) {
        this.network = network;
        this.sequences = sequences;
        network.initGradientsView();
        updater = (BaseMultiLayerUpdater<?>) network.getUpdater();
        gradientRow = gradients().reshape(gradients().length());
        statistics = Statistics.of(updater, gradientRow);
    }

    @Override
    public INDArray parameters() {
        return network.params();
    }

    @Override
    public INDArray gradients() {
        return network.getFlattenedGradients();
    }

    @Override
    public List<INDArray> statistics() {
        return statistics;
    }

    @Override
    public INDArray updaterState() {
        return updater.getStateViewArray();
    }

    @Override
    public double computeGradient(INDArray inputs, INDArray labels, INDArray mask) {
        network.setInput(inputs);
        network.setLabels(labels);
        if (mask != null) {
            network.setLayerMaskArrays(mask, null);
        }
        network.computeGradientAndScore();
        if (mask != null) {
            network.clearLayerMaskArrays();
        }
        return network.score() - network.calcRegularizationScore(true);
    }

    @Override
    public void update(int samples) {
        updater.update(
                network.gradient(),
                network.getIterationCount(),
                network.getEpochCount(),
                samples,
                LayerWorkspaceMgr.noWorkspacesImmutable());
        network.params().subi(gradientRow);
        network.getLayerWiseConfigurations().setIterationCount(network.getIterationCount() + 1);
    }

    @Override
    public INDArray output(INDArray inputs, INDArray mask) {
        return network.output(inputs, false, mask, null);
    }

    @Override
    public double loss(INDArray inputs, INDArray labels, INDArray mask) {
        return network.score(new DataSet(inputs, labels, mask, null), false) - network.calcRegularizationScore(true);
    }

    @Override
    public boolean sequences() {
        return sequences;
    }

    @Override
    public void seed(long seed) {
        Nd4j.getRandom().setSeed(Randomness.seed(seed));
    }

    @Override
    public int classes() {
        return network.layerSize(network.getnLayers() - 1);
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
    public void resume(int step, int epoch) {
        network.setIterationCount(step);
        // Only this call tells the layers, which keep counts of their own.
        network.setEpochCount(epoch - 1);
        network.incrementEpochCount();
    }

    @Override
    public void endEpoch() {
        network.incrementEpochCount();
    }

    @Override
    public String configuration() {
        return network.getLayerWiseConfigurations().toJson();
    }
}
