package dev.capstan.worker.model;

import java.util.Optional;
import org.deeplearning4j.nn.conf.layers.BaseOutputLayer;
import org.deeplearning4j.nn.conf.layers.CenterLossOutputLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.LossLayer;
import org.deeplearning4j.nn.conf.ocnn.OCNNOutputLayer;
import org.nd4j.linalg.lossfunctions.ILossFunction;
import org.nd4j.linalg.lossfunctions.impl.LossFMeasure;

/**
 * Losses that are no sum over samples. Their gradients over the shares of a batch don't add up to the gradient over the
 * batch: one that divides by how many samples of a class it sees, or is a ratio of counts, sees other numbers in a
 * share.
 */
final class WholeBatch {
    private WholeBatch() {}

    /** How such a layer is called; empty if the loss is a sum over samples. */
    static Optional<String> name(Layer output) {
        return switch (output) {
            case CenterLossOutputLayer center -> Optional.of("a CenterLossOutputLayer");
            case OCNNOutputLayer oneClass -> Optional.of("an OCNNOutputLayer");
            case BaseOutputLayer layer -> name("an " + layer.getClass().getSimpleName(), layer.getLossFn());
            case LossLayer layer -> name("a LossLayer", layer.getLossFn());
            default -> Optional.empty();
        };
    }

    private static Optional<String> name(String layer, ILossFunction loss) {
        return loss instanceof LossFMeasure ? Optional.of(layer + " with a LossFMeasure") : Optional.empty();
    }
}
