package dev.capstan.layers;

import static org.nd4j.linalg.indexing.NDArrayIndex.interval;

import java.util.Collection;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.recurrent.Bidirectional;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Two layers of long short-term memory side by side, of which the second reads each sequence from its own end to its
 * beginning. DL4J's {@link Bidirectional} begins at the padding behind a short sequence, so that what it answers hangs
 * on how long the others are.
 *
 * <p>Sequences [N, width, time] become [N, 2 units, time]; what lies behind a sequence's end means nothing.
 */
public final class BothDirections extends Bidirectional {
    /** For DL4J's JSON. */
    BothDirections() {}

    /** @param layer the one that reads forwards; the other is like it */
    public BothDirections(LSTM layer) {
        super(Mode.CONCAT, layer);
    }

    @Override
    public org.deeplearning4j.nn.api.Layer instantiate(
            NeuralNetConfiguration configuration,
            Collection<TrainingListener> listeners,
            int index,
            INDArray parameters,
            boolean initialize,
            DataType type) {
        var row = parameters.reshape(parameters.length());
        long half = parameters.length() / 2;
        var layer = new BothDirectionsComputation(
                configuration,
                one(getFwd(), configuration, listeners, index, row.get(interval(0, half)), initialize, type),
                one(getBwd(), configuration, listeners, index, row.get(interval(half, 2 * half)), initialize, type),
                parameters);
        layer.setParamTable(initializer().init(configuration, parameters, false));
        layer.setConf(configuration);
        return layer;
    }

    private static org.deeplearning4j.nn.api.Layer one(
            org.deeplearning4j.nn.conf.layers.Layer layer,
            NeuralNetConfiguration configuration,
            Collection<TrainingListener> listeners,
            int index,
            INDArray parameters,
            boolean initialize,
            DataType type) {
        var own = configuration.clone();
        own.setLayer(layer);
        return layer.instantiate(own, listeners, index, parameters, initialize, type);
    }
}
