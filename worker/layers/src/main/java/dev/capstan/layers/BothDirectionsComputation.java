package dev.capstan.layers;

import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;

import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.MaskState;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.gradient.DefaultGradient;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.layers.recurrent.BidirectionalLayer;
import org.deeplearning4j.nn.workspace.ArrayType;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Computes {@link BothDirections}. */
final class BothDirectionsComputation extends BidirectionalLayer {
    private final Layer forwards;
    private final Layer backwards;
    private INDArray input;
    private INDArray mask;

    BothDirectionsComputation(
            NeuralNetConfiguration configuration, Layer forwards, Layer backwards, INDArray parameters) {
        super(configuration, forwards, backwards, parameters);
        this.forwards = forwards;
        this.backwards = backwards;
    }

    @Override
    public void setInput(INDArray input, LayerWorkspaceMgr workspaces) {
        this.input = input;
        forwards.setInput(input, workspaces);
    }

    @Override
    public void setMaskArray(INDArray mask) {
        this.mask = mask;
        forwards.setMaskArray(mask);
        backwards.setMaskArray(mask);
    }

    @Override
    public Pair<INDArray, MaskState> feedForwardMaskArray(INDArray mask, MaskState state, int samples) {
        this.mask = mask;
        backwards.feedForwardMaskArray(mask, state, samples);
        return forwards.feedForwardMaskArray(mask, state, samples);
    }

    @Override
    public INDArray activate(boolean training, LayerWorkspaceMgr workspaces) {
        backwards.setInput(reversed(input), workspaces);
        var first = forwards.activate(training, workspaces);
        var second = reversed(backwards.activate(training, workspaces));
        return workspaces.dup(ArrayType.ACTIVATIONS, Nd4j.concat(1, first.dup(), second), 'f');
    }

    @Override
    public Pair<Gradient, INDArray> backpropGradient(INDArray epsilon, LayerWorkspaceMgr workspaces) {
        long units = epsilon.size(1) / 2;
        var first = forwards.backpropGradient(
                epsilon.get(all(), interval(0, units), all()).dup('f'), workspaces);
        var second =
                backwards.backpropGradient(reversed(epsilon.get(all(), interval(units, 2 * units), all())), workspaces);
        var gradient = new DefaultGradient(getGradientsViewArray());
        first.getFirst().gradientForVariable().forEach((name, view) -> gradient.setGradientFor("f" + name, view));
        second.getFirst().gradientForVariable().forEach((name, view) -> gradient.setGradientFor("b" + name, view));
        var derivative = first.getSecond().add(reversed(second.getSecond()));
        return new Pair<>(gradient, workspaces.dup(ArrayType.ACTIVATION_GRAD, derivative));
    }

    /** Each sample's own time steps backwards; what lies behind them stays there. A copy. */
    private INDArray reversed(INDArray sequences) {
        int samples = (int) sequences.size(0);
        int width = (int) sequences.size(1);
        int length = (int) sequences.size(2);
        var steps = new int[samples * length];
        for (int i = 0; i < samples; i++) {
            int own = mask == null ? length : mask.getRow(i).sumNumber().intValue();
            for (int j = 0; j < length; j++) {
                steps[i * length + j] = i * length + (j < own ? own - 1 - j : j);
            }
        }
        var rows = sequences.permute(0, 2, 1).dup('c').reshape('c', samples * length, width);
        return Nd4j.pullRows(rows, 1, steps, 'c')
                .reshape('c', samples, length, width)
                .permute(0, 2, 1)
                .dup('f');
    }
}
