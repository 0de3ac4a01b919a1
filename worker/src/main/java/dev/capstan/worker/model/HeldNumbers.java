package dev.capstan.worker.model;

import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.layers.BaseLayer;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** DL4J's side of {@link Held}: it has numbers, and computes nothing. */
final class HeldNumbers extends BaseLayer<Held> {
    HeldNumbers(NeuralNetConfiguration configuration, DataType type) {
        super(configuration, type);
    }

    @Override
    public boolean updaterDivideByMinibatch(String name) {
        return !layerConf().isState(name);
    }

    @Override
    public boolean isPretrainLayer() {
        return false;
    }

    @Override
    public INDArray activate(boolean training, LayerWorkspaceMgr workspaces) {
        throw notMine();
    }

    @Override
    public Pair<Gradient, INDArray> backpropGradient(INDArray epsilon, LayerWorkspaceMgr workspaces) {
        throw notMine();
    }

    private static UnsupportedOperationException notMine() {
        return new UnsupportedOperationException("its own stage computes the model, not DL4J");
    }
}
