package dev.capstan.worker.torch;

import dev.capstan.layers.Attention;
import dev.capstan.layers.BothDirections;
import dev.capstan.layers.LayerNormalization;
import dev.capstan.layers.Positions;
import dev.capstan.worker.torch.Plan.NotCovered;
import dev.capstan.worker.torch.Plan.Reading;
import java.util.Optional;
import java.util.Set;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.RNNFormat;
import org.deeplearning4j.nn.conf.layers.Convolution1DLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.util.MaskLayer;
import org.nd4j.linalg.activations.impl.ActivationSigmoid;

/** The turn of a layer that {@code model.layers} writes for sequences alone, or that is no layer of stock DL4J's. */
record SequenceReading(int index, Reading reading) {
    private static final Set<Class<?>> KINDS = Set.of(
            Convolution1DLayer.class,
            Attention.class,
            BothDirections.class,
            MaskLayer.class,
            LayerNormalization.class,
            Positions.class);

    /** Exactly these classes: a subclass may compute in ways of its own. */
    static boolean isOfSequences(Layer layer) {
        return KINDS.contains(layer.getClass());
    }

    /** The layer's part; empty if there is nothing to compute. */
    Optional<Part> part(Layer layer) throws NotCovered {
        // What a mask makes 0 is of no matter to any part.
        return layer instanceof MaskLayer ? Optional.empty() : Optional.of(computed(layer));
    }

    private Part computed(Layer layer) throws NotCovered {
        return switch (layer) {
            case Convolution1DLayer convolution -> convolution(convolution);
            case Attention attention -> new Part.Attention(index, attention.getHeads());
            case BothDirections both -> both(both);
            case LayerNormalization normalization -> new Part.LayerNormalization(index, normalization.getEpsilon());
            case Positions positions -> new Part.Positions(index);
            default -> throw new AssertionError(layer.getClass() + " is of these kinds");
        };
    }

    private Part convolution(Convolution1DLayer layer) throws NotCovered {
        if (layer.getConvolutionMode() != ConvolutionMode.Same
                || layer.getRnnDataFormat() != RNNFormat.NCW
                || layer.getKernelSize()[0] % 2 == 0
                || layer.getStride()[0] != 1
                || layer.getDilation()[0] != 1) {
            throw reading.refused(
                    "a convolution over time with an even kernel, a stride, a dilation, other padding or channels last");
        }
        return new Part.OverTime(index, layer.hasBias(), layer.getKernelSize()[0], reading.function(layer));
    }

    private Part both(BothDirections layer) throws NotCovered {
        var lstm = (LSTM) layer.getFwd();
        if (reading.function(lstm).kind() != Function.Kind.TANH
                || lstm.getGateActivationFn().getClass() != ActivationSigmoid.class) {
            throw reading.refused("an LSTM with other functions than tanh and sigmoid");
        }
        if (lstm.getIDropout() != null || lstm.getWeightNoise() != null) {
            throw reading.refused("BothDirections with dropout or weight noise");
        }
        return new Part.Bidirectional(index, Math.toIntExact(lstm.getNOut()));
    }
}
