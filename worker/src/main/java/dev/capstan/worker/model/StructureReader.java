package dev.capstan.worker.model;

import dev.capstan.layers.LayerNormalization;
import dev.capstan.layers.Positions;
import dev.capstan.worker.model.Structure.Axis;
import dev.capstan.worker.model.Structure.Part;
import dev.capstan.worker.model.Structure.Role;
import dev.capstan.worker.model.Structure.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.InputPreProcessor;
import org.deeplearning4j.nn.conf.RNNFormat;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.Convolution1DLayer;
import org.deeplearning4j.nn.conf.layers.Convolution2D;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.DropoutLayer;
import org.deeplearning4j.nn.conf.layers.EmbeddingLayer;
import org.deeplearning4j.nn.conf.layers.EmbeddingSequenceLayer;
import org.deeplearning4j.nn.conf.layers.FeedForwardLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.conf.layers.recurrent.LastTimeStep;
import org.deeplearning4j.nn.conf.layers.util.MaskLayer;
import org.deeplearning4j.nn.conf.preprocessor.CnnToFeedForwardPreProcessor;
import org.deeplearning4j.nn.conf.preprocessor.FeedForwardToCnnPreProcessor;
import org.deeplearning4j.nn.conf.preprocessor.FeedForwardToRnnPreProcessor;
import org.deeplearning4j.nn.conf.preprocessor.RnnToFeedForwardPreProcessor;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationSoftmax;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Follows the outputs of each layer to all that takes them up, as Fang et al. 2023 (DepGraph, arXiv:2301.12900) do for
 * other frameworks. A layer that isn't known here is left whole, and so is what feeds it.
 */
final class StructureReader {
    private final List<Part> parts = new ArrayList<>();
    private final UnitGroups groups = new UnitGroups();
    private final Map<String, String> unread = new LinkedHashMap<>();

    UnitGroups groups() {
        return groups;
    }

    Structure finish() {
        return groups.finish(parts, unread);
    }

    /**
     * Takes up a layer that comes after all that feed it.
     *
     * @param name as a message says it
     * @param tensors views of the network's parameters, by the names that they have in the layer
     * @param reshaping before it; null if there is none
     * @param signal what it gets; null if nothing of that can be taken away
     * @return what it gives; null if nothing of that can be taken away
     */
    Axis layer(String name, Map<String, INDArray> tensors, Layer layer, InputPreProcessor reshaping, Axis signal) {
        var in = reshaped(name, layer, reshaping, signal);
        return switch (layer) {
            case LastTimeStep last -> layer(name, tensors, last.getUnderlying(), null, in);
            case OutputLayer output when is(output, OutputLayer.class) -> dense(name, tensors, "classes", output, in);
            case DenseLayer dense
            when is(dense, DenseLayer.class) && !dense.isHasLayerNorm() -> dense(name, tensors, "neurons", dense, in);
            case ConvolutionLayer convolution
            when is(convolution, ConvolutionLayer.class, Convolution2D.class)
                    && convolution.getCnn2dDataFormat() == CNN2DFormat.NCHW ->
                convolution(name, tensors, convolution, in);
            case Convolution1DLayer convolution
            when is(convolution, Convolution1DLayer.class) && convolution.getRnnDataFormat() == RNNFormat.NCW ->
                overTime(name, tensors, convolution, in);
            case LayerNormalization normalization -> normalization(name, tensors, normalization, in);
            case Positions positions -> positions(name, tensors, positions, in);
            case MaskLayer mask -> in;
            case LSTM lstm when is(lstm, LSTM.class) -> lstm(name, tensors, lstm, in);
            case EmbeddingLayer embedding -> embedding(name, tensors, embedding, in);
            case EmbeddingSequenceLayer embedding -> embedding(name, tensors, embedding, in);
            case BatchNormalization normalization
            when normalization.getCnn2DFormat() == CNN2DFormat.NCHW -> normalization(name, tensors, normalization, in);
            case ActivationLayer activation -> {
                mixed(in, name, activation.getActivationFn());
                yield in;
            }
            case SubsamplingLayer pooling when pooling.getCnn2dDataFormat() == CNN2DFormat.NCHW -> in;
            case GlobalPoolingLayer pooling -> in;
            case DropoutLayer dropout -> in;
            default -> unknown(name, tensors, layer, in);
        };
    }

    private static boolean is(Layer layer, Class<?>... classes) {
        return Arrays.asList(classes).contains(layer.getClass());
    }

    private Axis unknown(String name, Map<String, INDArray> tensors, Layer layer, Axis in) {
        var kind = layer.getClass().getSimpleName();
        var what = ("AEIOU".indexOf(kind.charAt(0)) < 0 ? "a " : "an ") + kind;
        groups.fix(in, "feeds " + name + ", " + what + ", which can't be cut along with it");
        var part = new Part(name, Axis.free(0), Axis.free(0), new ArrayList<>());
        tensors.forEach((key, view) -> {
            var axes = Arrays.stream(view.shape()).mapToObj(Axis::free).toList();
            add(part, tensors, key, Role.UNKNOWN, axes, -1, -1);
        });
        if (!part.tensors().isEmpty()) {
            parts.add(part);
            unread.put(name, "is " + what + ", of whose weights it isn't known what they mean");
        }
        return null;
    }

    private Axis reshaped(String name, Layer layer, InputPreProcessor reshaping, Axis signal) {
        return switch (reshaping) {
            case null -> signal;
            case RnnToFeedForwardPreProcessor rows -> signal;
            case FeedForwardToRnnPreProcessor sequences -> signal;
            case CnnToFeedForwardPreProcessor flat
            when flat.getFormat() == CNN2DFormat.NCHW
                    && layer instanceof FeedForwardLayer
                    && !(layer instanceof DropoutLayer) ->
                signal == null ? null : groups.repeated(signal, flat.getInputHeight() * flat.getInputWidth());
            case FeedForwardToCnnPreProcessor images when signal == null -> null;
            default -> {
                groups.fix(
                        signal,
                        "feeds " + name + " through a " + reshaping.getClass().getSimpleName()
                                + ", which can't be cut along with it");
                yield null;
            }
        };
    }

    private Axis taken(String name, long width, Axis signal) {
        if (signal != null && signal.length() == width) {
            return signal;
        }
        if (signal != null) {
            groups.fix(signal, "gives " + signal.length() + " numbers, of which " + name + " takes " + width);
        }
        return Axis.free(width);
    }

    private Axis dense(String name, Map<String, INDArray> tensors, String noun, FeedForwardLayer layer, Axis signal) {
        var in = taken(name, layer.getNIn(), signal);
        var out = made(name, noun, layer);
        var part = new Part(name, in, out, new ArrayList<>());
        add(part, tensors, "W", Role.WEIGHT, List.of(in, out), 0, 1);
        add(part, tensors, "b", Role.VECTOR, List.of(out), -1, 0);
        parts.add(part);
        return out;
    }

    private Axis convolution(String name, Map<String, INDArray> tensors, ConvolutionLayer layer, Axis signal) {
        var in = taken(name, layer.getNIn(), signal);
        var out = made(name, "channels", layer);
        var kernel = layer.getKernelSize();
        var part = new Part(name, in, out, new ArrayList<>());
        add(part, tensors, "W", Role.WEIGHT, List.of(out, in, Axis.free(kernel[0]), Axis.free(kernel[1])), 1, 0);
        add(part, tensors, "b", Role.VECTOR, List.of(out), -1, 0);
        parts.add(part);
        return out;
    }

    /** DL4J says that the weights are [filters, width, kernel, 1], and reads them as [kernel, width, filters]. */
    private Axis overTime(String name, Map<String, INDArray> tensors, Convolution1DLayer layer, Axis signal) {
        var in = taken(name, layer.getNIn(), signal);
        var out = made(name, layer.getKernelSize()[0] == 1 ? "neurons" : "filters", layer);
        var part = new Part(name, in, out, new ArrayList<>());
        int kernel = layer.getKernelSize()[0];
        var weights = new LinkedHashMap<>(tensors);
        weights.computeIfPresent("W", (key, view) -> view.reshape('c', kernel, in.length(), out.length()));
        add(part, weights, "W", Role.WEIGHT, List.of(Axis.free(kernel), in, out), 1, 2);
        add(part, weights, "b", Role.VECTOR, List.of(out), -1, 0);
        parts.add(part);
        return out;
    }

    /** The four gates lie side by side, a unit's column in each; its state is a row of the recurrent weights. */
    private Axis lstm(String name, Map<String, INDArray> tensors, LSTM layer, Axis signal) {
        var in = taken(name, layer.getNIn(), signal);
        var out = made(name, "units", layer);
        mixed(out, name, layer.getGateActivationFn());
        var gates = groups.tiled(out, 4);
        var part = new Part(name, in, out, new ArrayList<>());
        add(part, tensors, "W", Role.WEIGHT, List.of(in, gates), 0, 1);
        add(part, tensors, "RW", Role.WEIGHT, List.of(out, gates), 0, 1);
        add(part, tensors, "b", Role.VECTOR, List.of(gates), -1, 0);
        parts.add(part);
        return out;
    }

    private Axis embedding(String name, Map<String, INDArray> tensors, FeedForwardLayer layer, Axis signal) {
        var in = taken(name, layer.getNIn(), signal);
        var out = made(name, "numbers of a word's vector", layer);
        var part = new Part(name, in, out, new ArrayList<>());
        add(part, tensors, "W", Role.LOOKUP, List.of(in, out), -1, 1);
        add(part, tensors, "b", Role.VECTOR, List.of(out), -1, 0);
        parts.add(part);
        return out;
    }

    private Axis normalization(String name, Map<String, INDArray> tensors, BatchNormalization layer, Axis signal) {
        var in = taken(name, layer.getNOut(), signal);
        mixed(in, name, layer.getActivationFn());
        var part = new Part(name, in, in, new ArrayList<>());
        add(part, tensors, "gamma", Role.VECTOR, List.of(in), -1, 0);
        add(part, tensors, "beta", Role.VECTOR, List.of(in), -1, 0);
        add(part, tensors, "mean", Role.STATISTIC, List.of(in), -1, 0);
        add(part, tensors, layer.isUseLogStd() ? "log10stdev" : "var", Role.STATISTIC, List.of(in), -1, 0);
        parts.add(part);
        return in;
    }

    private Axis normalization(String name, Map<String, INDArray> tensors, LayerNormalization layer, Axis signal) {
        var in = taken(name, layer.getWidth(), signal);
        groups.fix(in, "goes through the layer normalization of " + name + ", by which each output depends on all");
        var part = new Part(name, in, in, new ArrayList<>());
        add(part, tensors, LayerNormalization.GAMMA, Role.VECTOR, List.of(in), -1, 0);
        add(part, tensors, LayerNormalization.BETA, Role.VECTOR, List.of(in), -1, 0);
        parts.add(part);
        return in;
    }

    private Axis positions(String name, Map<String, INDArray> tensors, Positions layer, Axis signal) {
        var in = taken(name, layer.getWidth(), signal);
        var part = new Part(name, in, in, new ArrayList<>());
        add(part, tensors, Positions.WEIGHT, Role.VECTOR, List.of(in, Axis.free(layer.getLength())), -1, 0);
        parts.add(part);
        return in;
    }

    private Axis made(String name, String noun, FeedForwardLayer layer) {
        var out = groups.add(name, noun, Math.toIntExact(layer.getNOut()));
        if (layer instanceof OutputLayer) {
            groups.fix(out, "is the output layer, whose outputs are the classes");
        }
        mixed(out, name, layer.getActivationFn());
        return out;
    }

    /** An activation that sees all outputs at once gives others when one of them is gone. */
    private void mixed(Axis axis, String name, IActivation activation) {
        if (activation instanceof ActivationSoftmax) {
            groups.fix(
                    axis, "goes through the activation softmax of " + name + ", by which each output depends on all");
        }
    }

    /** Adds a tensor if the layer has it: it may be without bias, or without gamma and beta. */
    private void add(
            Part part, Map<String, INDArray> tensors, String name, Role role, List<Axis> axes, int in, int out) {
        var view = tensors.get(name);
        if (view != null) {
            part.tensors().add(new Tensor(name, role, Math.toIntExact(view.offset()), strides(view), axes, in, out));
        }
    }

    private static int[] strides(INDArray view) {
        return IntStream.range(0, view.rank())
                .map(i -> Math.toIntExact(view.stride(i)))
                .toArray();
    }
}
