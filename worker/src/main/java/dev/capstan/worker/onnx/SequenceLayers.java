package dev.capstan.worker.onnx;

import static dev.capstan.worker.onnx.GraphBuilder.integer;
import static dev.capstan.worker.onnx.GraphBuilder.integers;
import static dev.capstan.worker.onnx.GraphBuilder.number;

import dev.capstan.layers.Attention;
import dev.capstan.layers.LayerNormalization;
import dev.capstan.layers.Positions;
import dev.capstan.worker.onnx.Signal.Row;
import dev.capstan.worker.onnx.Signal.Sequence;
import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.RNNFormat;
import org.deeplearning4j.nn.conf.layers.Convolution1DLayer;
import org.deeplearning4j.nn.params.ConvolutionParamInitializer;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Layers that look at all of a sequence or at several of its time steps, and layer normalization. */
final class SequenceLayers {
    private final GraphBuilder graph;
    private final Texts texts;

    SequenceLayers(GraphBuilder graph, Texts texts) {
        this.graph = graph;
        this.texts = texts;
    }

    /** 0 behind each text's end. */
    Sequence masked(String name, Sequence input) {
        return input.as(graph.node("Mul", name + "_present", List.of(input.tensor(), texts.mask())));
    }

    /** Ba, Kiros and Hinton 2016 (arXiv:1607.06450). */
    Signal normalized(String name, Layer layer, LayerNormalization normalization, Signal input) throws NotTranslatable {
        if (!(input instanceof Row) && !(input instanceof Sequence)) {
            throw NotTranslatable.layer(name, normalization, "gets neither rows nor sequences");
        }
        long width = normalization.getWidth();
        var out = input.as(graph.node(
                "LayerNormalization",
                name + "_LayerNormalization",
                List.of(
                        input.tensor(),
                        graph.weights(name + "_gamma", layer.getParam(LayerNormalization.GAMMA), width),
                        graph.weights(name + "_beta", layer.getParam(LayerNormalization.BETA), width)),
                integer("axis", -1),
                number("epsilon", normalization.getEpsilon())));
        return out instanceof Sequence sequence ? masked(name, sequence) : out;
    }

    /** A vector is added for each place. */
    Sequence positions(String name, Layer layer, Sequence input) throws NotTranslatable {
        var places = layer.getParam(Positions.WEIGHT);
        if (places.size(1) != input.length()) {
            throw new NotTranslatable("layer " + name + " has positions for " + places.size(1)
                    + " time steps, and gets " + input.length() + ", which this worker can't write as ONNX");
        }
        var weights = graph.weights(name + "_W", places.transpose(), places.size(1), 1, places.size(0));
        return masked(name, input.as(graph.node("Add", name + "_Add", List.of(input.tensor(), weights))));
    }

    /** A convolution over time without its activation function; of one step, a product. */
    Sequence overTime(String name, Layer layer, Convolution1DLayer convolution, Sequence input) throws NotTranslatable {
        int kernel = convolution.getKernelSize()[0];
        if (kernel % 2 == 0
                || convolution.getConvolutionMode() != ConvolutionMode.Same
                || convolution.getRnnDataFormat() != RNNFormat.NCW
                || convolution.getStride()[0] != 1
                || convolution.getDilation()[0] != 1) {
            throw NotTranslatable.layer(
                    name,
                    convolution,
                    "has an even kernel, a stride, a dilation, another mode than Same or channels last, which this worker can't write"
                            + " for convolutions over time as ONNX");
        }
        long filters = convolution.getNOut();
        // DL4J says that they are [filters, width, kernel, 1], and reads them as [kernel, width, filters].
        var weights =
                layer.getParam(ConvolutionParamInitializer.WEIGHT_KEY).reshape('c', kernel, input.width(), filters);
        return new Sequence(
                kernel == 1
                        ? product(name, layer, convolution, weights, input)
                        : window(name, layer, convolution, weights, input),
                input.length(),
                filters);
    }

    private String product(String name, Layer layer, Convolution1DLayer convolution, INDArray weights, Sequence input) {
        long filters = convolution.getNOut();
        var matrix = graph.weights(name + "_W", weights.reshape('c', input.width(), filters), input.width(), filters);
        var sums = graph.node("MatMul", name + "_MatMul", List.of(input.tensor(), matrix));
        return convolution.hasBias()
                ? graph.node("Add", name + "_Add", List.of(sums, bias(name, layer, filters)))
                : sums;
    }

    private String bias(String name, Layer layer, long filters) {
        return graph.weights(name + "_b", layer.getParam(ConvolutionParamInitializer.BIAS_KEY), filters);
    }

    private String window(String name, Layer layer, Convolution1DLayer convolution, INDArray weights, Sequence input) {
        long filters = convolution.getNOut();
        int zeros = convolution.getKernelSize()[0] - 1;
        var inputs = new ArrayList<>(List.of(
                graph.node(
                        "Transpose",
                        name + "_channels",
                        List.of(masked(name, input).tensor()),
                        integers("perm", 1, 2, 0)),
                graph.weights(name + "_W", weights.permute(2, 1, 0), filters, input.width(), zeros + 1)));
        if (convolution.hasBias()) {
            inputs.add(bias(name, layer, filters));
        }
        var sums = graph.node("Conv", name + "_Conv", inputs, integers("pads", zeros / 2, zeros / 2));
        return graph.node("Transpose", name + "_Transpose", List.of(sums), integers("perm", 2, 0, 1));
    }

    /** Vaswani et al. 2017 (arXiv:1706.03762), without biases. */
    Sequence attention(String name, Layer layer, Attention attention, Sequence input) {
        long heads = attention.getHeads();
        long width = attention.getWidth();
        long size = width / heads;
        var bySample = graph.node("Transpose", name + "_samples", List.of(input.tensor()), integers("perm", 1, 0, 2));
        var split = graph.integers(0, 0, heads, size);
        var queries = heads(name + "_q", bySample, layer.getParam(Attention.QUERIES), split, 0, 2, 1, 3);
        var keys = heads(name + "_k", bySample, layer.getParam(Attention.KEYS), split, 0, 2, 3, 1);
        var values = heads(name + "_v", bySample, layer.getParam(Attention.VALUES), split, 0, 2, 1, 3);
        var scaled = graph.node("Mul", name + "_scaled", List.of(queries, graph.scalar(1 / Math.sqrt(size))));
        var likeness = graph.node("MatMul", name + "_likeness", List.of(scaled, keys));
        var seen = graph.node("Add", name + "_seen", List.of(likeness, texts.barrier()));
        var shares = graph.node("Softmax", name + "_Softmax", List.of(seen), integer("axis", -1));
        var mixed = graph.node("MatMul", name + "_mixed", List.of(shares, values));
        var together = graph.node(
                "Reshape",
                name + "_together",
                List.of(
                        graph.node("Transpose", name + "_heads", List.of(mixed), integers("perm", 0, 2, 1, 3)),
                        graph.integers(0, 0, width)));
        var joined = graph.node(
                "MatMul",
                name + "_MatMul",
                List.of(together, graph.weights(name + "_Wo", layer.getParam(Attention.JOINED), width, width)));
        return masked(
                name,
                input.as(graph.node("Transpose", name + "_Transpose", List.of(joined), integers("perm", 1, 0, 2))));
    }

    /** Each head's share of a projection, [N, length, heads, size] in another order. */
    private String heads(String name, String input, INDArray weights, String split, long... order) {
        var matrix = graph.weights(name + "_W", weights, weights.size(0), weights.size(1));
        var projected = graph.node("MatMul", name + "_MatMul", List.of(input, matrix));
        var apart = graph.node("Reshape", name + "_split", List.of(projected, split));
        return graph.node("Transpose", name + "_Transpose", List.of(apart), integers("perm", order));
    }
}
