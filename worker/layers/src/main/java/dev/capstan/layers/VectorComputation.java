package dev.capstan.layers;

import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.gradient.DefaultGradient;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.layers.BaseLayer;
import org.deeplearning4j.nn.workspace.ArrayType;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Computes a layer over vectors by rows: those of all samples, or of all time steps of the first sample, then of the
 * second, and so on. What comes back is computed anew from what came in, so nothing has to be kept.
 */
abstract class VectorComputation extends BaseLayer<VectorLayer> {
    VectorComputation(NeuralNetConfiguration configuration, DataType type) {
        super(configuration, type);
    }

    /**
     * What comes out of the vectors.
     *
     * @param rows in a memory of their own, row by row; they stay as they are
     */
    abstract INDArray forward(INDArray rows, Batch batch);

    /**
     * Leaves the parameters' derivatives in {@code gradientViews}.
     *
     * @param rows what came in
     * @param errors the loss derived by what came out; they may be changed
     * @return the loss derived by what came in
     */
    abstract INDArray backward(INDArray rows, INDArray errors, Batch batch);

    /**
     * What the rows are.
     *
     * @param length time steps of each sample; 1 if there is no time
     * @param mask 1 where a sample has a time step, samples by time; null if all have all
     */
    record Batch(long samples, long length, INDArray mask) {}

    @Override
    public final boolean isPretrainLayer() {
        return false;
    }

    @Override
    public final INDArray activate(boolean training, LayerWorkspaceMgr workspaces) {
        assertInputSet(false);
        var out = forward(rows(input), batch());
        return workspaces.dup(ArrayType.ACTIVATIONS, whole(masked(out)), input.ordering());
    }

    @Override
    public final Pair<Gradient, INDArray> backpropGradient(INDArray epsilon, LayerWorkspaceMgr workspaces) {
        assertInputSet(true);
        var derivative = backward(rows(input), masked(rows(epsilon)), batch());
        var gradient = new DefaultGradient();
        gradientViews.forEach(gradient::setGradientFor);
        return new Pair<>(gradient, workspaces.dup(ArrayType.ACTIVATION_GRAD, whole(derivative)));
    }

    private Batch batch() {
        boolean sequences = input.rank() == 3;
        return new Batch(input.size(0), sequences ? input.size(2) : 1, sequences ? maskArray : null);
    }

    /** A copy of rows, or of sequences vector by vector. */
    private static INDArray rows(INDArray array) {
        return array.rank() == 3
                ? array.permute(0, 2, 1).dup('c').reshape('c', array.size(0) * array.size(2), array.size(1))
                : array.dup('c');
    }

    /** In the shape of what came in. */
    private INDArray whole(INDArray rows) {
        return input.rank() == 3
                ? rows.reshape('c', input.size(0), input.size(2), input.size(1)).permute(0, 2, 1)
                : rows;
    }

    /** The rows, 0 where a sequence is over. */
    private INDArray masked(INDArray rows) {
        return input.rank() == 3 && maskArray != null
                ? rows.muliColumnVector(
                        maskArray.castTo(rows.dataType()).dup('c').reshape('c', rows.size(0), 1))
                : rows;
    }
}
