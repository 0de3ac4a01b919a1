package dev.capstan.worker.onnx;

import dev.capstan.layers.Attention;
import dev.capstan.layers.BothDirections;
import dev.capstan.layers.LayerNormalization;
import dev.capstan.layers.Positions;
import dev.capstan.worker.onnx.Signal.Image;
import dev.capstan.worker.onnx.Signal.Row;
import dev.capstan.worker.onnx.Signal.Sequence;
import dev.capstan.worker.onnx.Signal.Words;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.Convolution1DLayer;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.DropoutLayer;
import org.deeplearning4j.nn.conf.layers.EmbeddingSequenceLayer;
import org.deeplearning4j.nn.conf.layers.FeedForwardLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.LossLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.conf.layers.util.MaskLayer;
import org.deeplearning4j.nn.layers.FrozenLayer;
import org.deeplearning4j.nn.layers.recurrent.LastTimeStepLayer;
import org.deeplearning4j.nn.layers.wrapper.BaseWrapperLayer;
import org.deeplearning4j.nn.params.BatchNormalizationParamInitializer;
import org.deeplearning4j.nn.params.DefaultParamInitializer;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationSoftmax;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.ops.transforms.Transforms;

/** DL4J's layers as ONNX' operators, as they answer when a model is used: nothing is dropped, statistics stand. */
final class Layers {
    /** These classes alone, not what extends them: that computes something else. */
    private static final Set<Class<?>> KNOWN = Set.of(
            ActivationLayer.class,
            Attention.class,
            BatchNormalization.class,
            BothDirections.class,
            Convolution1DLayer.class,
            ConvolutionLayer.class,
            DenseLayer.class,
            DropoutLayer.class,
            EmbeddingSequenceLayer.class,
            GlobalPoolingLayer.class,
            LSTM.class,
            LayerNormalization.class,
            LossLayer.class,
            MaskLayer.class,
            OutputLayer.class,
            Positions.class,
            SubsamplingLayer.class);

    private final GraphBuilder graph;
    private final WordLayers words;
    private final Recurrent recurrent;
    private final Windows windows;
    private final SequenceLayers sequences;

    Layers(GraphBuilder graph, Texts texts) {
        this.graph = graph;
        words = new WordLayers(graph, texts);
        recurrent = new Recurrent(graph, texts);
        windows = new Windows(graph);
        sequences = new SequenceLayers(graph, texts);
    }

    /**
     * Adds a layer.
     *
     * @param name what its tensors' names begin with
     * @return what comes out of it
     */
    Signal add(String name, Layer layer, Signal input) throws NotTranslatable {
        if (layer instanceof BaseWrapperLayer wrapper) {
            return wrapped(name, wrapper, input);
        }
        var configuration = layer.conf().getLayer();
        if (!KNOWN.contains(configuration.getClass())) {
            throw NotTranslatable.layer(name, configuration, "is of a kind that this worker can't write as ONNX");
        }
        return switch (configuration) {
            case DropoutLayer dropout -> input;
            case ActivationLayer activation -> activated(name, activation.getActivationFn(), input);
            case LossLayer loss -> activated(name, loss.getActivationFn(), row(name, loss, input));
            case DenseLayer dense ->
                connected(name, layer, dense, dense.hasBias(), dense.hasLayerNorm(), row(name, dense, input));
            case OutputLayer output ->
                connected(name, layer, output, output.hasBias(), false, row(name, output, input));
            case Convolution1DLayer convolution -> {
                var over = sequences.overTime(name, layer, convolution, sequence(name, convolution, input));
                yield activated(name, convolution.getActivationFn(), over);
            }
            case ConvolutionLayer convolution -> {
                var image = image(name, convolution, input);
                yield activated(
                        name, convolution.getActivationFn(), windows.convolution(name, layer, convolution, image));
            }
            case SubsamplingLayer pooling -> windows.pooling(name, pooling, image(name, pooling, input));
            case BatchNormalization normalization -> normalized(name, layer, normalization, input);
            case GlobalPoolingLayer pooling -> pooled(name, pooling, input);
            case EmbeddingSequenceLayer embedding -> words.embedded(name, layer, embedding, input);
            case MaskLayer mask -> sequences.masked(name, sequence(name, mask, input));
            case Attention attention -> sequences.attention(name, layer, attention, sequence(name, attention, input));
            case Positions positions -> sequences.positions(name, layer, sequence(name, positions, input));
            case LayerNormalization normalization -> sequences.normalized(name, layer, normalization, input);
            case BothDirections both -> recurrent.both(name, layer, both, sequence(name, both, input));
            case LSTM lstm -> recurrent.sequences(name, layer, lstm, sequence(name, lstm, input));
            default -> throw new AssertionError(configuration.getClass() + " is known, and isn't written");
        };
    }

    /** A wrapper's configuration is that of the layer in it. */
    private Signal wrapped(String name, BaseWrapperLayer wrapper, Signal input) throws NotTranslatable {
        var inner = wrapper.getUnderlying();
        // Frozen in training only.
        if (wrapper.getClass() == FrozenLayer.class) {
            return add(name, inner, input);
        }
        if (wrapper.getClass() == LastTimeStepLayer.class
                && inner.conf().getLayer() instanceof LSTM lstm
                && inner.getClass() == org.deeplearning4j.nn.layers.recurrent.LSTM.class) {
            return recurrent.last(name, inner, lstm, sequence(name, lstm, input));
        }
        throw NotTranslatable.layer(
                name,
                wrapper,
                "wraps a " + inner.getClass().getSimpleName()
                        + "; this worker can write the last time step of an LSTM and frozen layers as ONNX");
    }

    private Signal activated(String name, IActivation function, Signal input) throws NotTranslatable {
        long last = switch (input) {
            case Row row -> 1;
            // DL4J's softmax goes along the last dimension that it sees.
            case Image image -> image.channelsLast() ? 1 : 3;
            case Sequence sequence -> {
                if (function instanceof ActivationSoftmax) {
                    throw new NotTranslatable("layer " + name + " has a softmax over sequences, which this worker"
                            + " can't write as ONNX");
                }
                yield 2;
            }
            case Words words ->
                throw new NotTranslatable(
                        "layer " + name + " gets the numbers of words; an" + " EmbeddingSequenceLayer must come first");
        };
        return input.as(Activations.add(graph, name, function, input.tensor(), last));
    }

    private Signal connected(
            String name, Layer layer, FeedForwardLayer dense, boolean bias, boolean layerNorm, Row input)
            throws NotTranslatable {
        if (layerNorm) {
            throw NotTranslatable.layer(
                    name, dense, "has a layer normalization, which this worker can't write as ONNX");
        }
        var inputs = new ArrayList<>(List.of(
                input.tensor(),
                graph.weights(
                        name + "_W",
                        layer.getParam(DefaultParamInitializer.WEIGHT_KEY),
                        dense.getNIn(),
                        dense.getNOut())));
        if (bias) {
            inputs.add(graph.weights(name + "_b", layer.getParam(DefaultParamInitializer.BIAS_KEY), dense.getNOut()));
        }
        var sums = graph.node("Gemm", name + "_Gemm", inputs);
        return activated(name, dense.getActivationFn(), new Row(sums, dense.getNOut()));
    }

    /** Ioffe and Szegedy 2015 (arXiv:1502.03167), by the running statistics. DL4J lets it have no activation. */
    private Signal normalized(String name, Layer layer, BatchNormalization normalization, Signal input)
            throws NotTranslatable {
        if (!(input instanceof Row) && !(input instanceof Image)) {
            throw NotTranslatable.layer(
                    name, normalization, "gets sequences; this worker can write it for rows and images alone as ONNX");
        }
        long channels = normalization.getNOut();
        var gamma = layer.getParam(BatchNormalizationParamInitializer.GAMMA);
        var beta = layer.getParam(BatchNormalizationParamInitializer.BETA);
        if (normalization.isLockGammaBeta()) {
            // DL4J uses neither where one of them does nothing.
            boolean used = normalization.getGamma() != 1 && normalization.getBeta() != 0;
            gamma = Nd4j.valueArrayOf(channels, used ? (float) normalization.getGamma() : 1f);
            beta = Nd4j.valueArrayOf(channels, used ? (float) normalization.getBeta() : 0f);
        }
        return input.as(graph.node(
                "BatchNormalization",
                name + "_BatchNormalization",
                List.of(
                        input.tensor(),
                        graph.weights(name + "_gamma", gamma, channels),
                        graph.weights(name + "_beta", beta, channels),
                        graph.weights(
                                name + "_mean",
                                layer.getParam(BatchNormalizationParamInitializer.GLOBAL_MEAN),
                                channels),
                        graph.weights(name + "_var", variance(layer, normalization), channels)),
                GraphBuilder.number("epsilon", normalization.getEps())));
    }

    /** Some models keep the decimal logarithm of the deviation. */
    private static INDArray variance(Layer layer, BatchNormalization normalization) {
        if (!normalization.isUseLogStd()) {
            return layer.getParam(BatchNormalizationParamInitializer.GLOBAL_VAR);
        }
        var logarithm = layer.getParam(BatchNormalizationParamInitializer.GLOBAL_LOG_STD);
        var deviation = Transforms.pow(Nd4j.valueArrayOf(logarithm.shape(), 10f), logarithm);
        return deviation.mul(deviation);
    }

    private Signal pooled(String name, GlobalPoolingLayer pooling, Signal input) throws NotTranslatable {
        var usual = switch (input) {
            case Image image when image.channelsLast() -> new int[] {1, 2};
            case Image image -> new int[] {2, 3};
            case Sequence sequence -> new int[] {2};
            case Row row -> throw NotTranslatable.layer(name, pooling, "gets rows; it needs images or sequences");
            case Words words -> throw NotTranslatable.layer(name, pooling, "gets words; it needs images or sequences");
        };
        var dimensions = pooling.getPoolingDimensions();
        if (!pooling.isCollapseDimensions() || dimensions != null && !Arrays.equals(dimensions, usual)) {
            throw NotTranslatable.layer(
                    name,
                    pooling,
                    "pools over dimensions " + Arrays.toString(dimensions)
                            + (pooling.isCollapseDimensions() ? "" : " and keeps them")
                            + "; this worker can write it over " + Arrays.toString(usual) + " as ONNX");
        }
        return input instanceof Image image
                ? windows.pooled(name, pooling, image)
                : words.pooled(name, pooling, (Sequence) input);
    }

    private static Row row(String name, Object kind, Signal input) throws NotTranslatable {
        if (input instanceof Row row) {
            return row;
        }
        throw NotTranslatable.layer(
                name, kind, "gets no rows; this worker can write it as ONNX behind what makes rows alone");
    }

    private static Image image(String name, Object kind, Signal input) throws NotTranslatable {
        if (input instanceof Image image) {
            return image;
        }
        throw NotTranslatable.layer(name, kind, "gets no images");
    }

    private static Sequence sequence(String name, Object kind, Signal input) throws NotTranslatable {
        if (input instanceof Sequence sequence) {
            return sequence;
        }
        throw NotTranslatable.layer(name, kind, "gets no sequences that an EmbeddingSequenceLayer has made");
    }
}
