package dev.capstan.worker.onnx;

import static dev.capstan.worker.onnx.GraphBuilder.integer;
import static dev.capstan.worker.onnx.GraphBuilder.integers;

import dev.capstan.worker.onnx.Signal.Image;
import dev.capstan.worker.onnx.Signal.Row;
import java.util.ArrayList;
import java.util.List;
import onnx.Onnx.AttributeProto;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.params.ConvolutionParamInitializer;

/** Layers that slide a window over images. */
final class Windows {
    private final GraphBuilder graph;

    Windows(GraphBuilder graph) {
        this.graph = graph;
    }

    /**
     * Where a window goes: along height, then width.
     *
     * @param before zeros above and to the left; {@code after} likewise below and to the right
     */
    private record Path(int[] kernel, int[] stride, int[] dilation, long[] before, long[] after, long[] steps) {
        /** At odd numbers of zeros, DL4J's mode Same has the one more below and to the right. */
        static Path of(
                String name,
                Object kind,
                ConvolutionMode mode,
                int[] kernel,
                int[] stride,
                int[] padding,
                int[] dilation,
                Image input)
                throws NotTranslatable {
            if (mode == ConvolutionMode.Causal) {
                throw NotTranslatable.layer(name, kind, "has the convolution mode Causal, which is for sequences");
            }
            var sizes = new long[] {input.height(), input.width()};
            var path = new Path(kernel, stride, dilation, new long[2], new long[2], new long[2]);
            for (int i = 0; i < sizes.length; i++) {
                long reach = (long) (kernel[i] - 1) * dilation[i] + 1;
                if (mode == ConvolutionMode.Same) {
                    path.steps[i] = Math.ceilDiv(sizes[i], stride[i]);
                    long zeros = Math.max(0, (path.steps[i] - 1) * stride[i] + reach - sizes[i]);
                    path.before[i] = zeros / 2;
                    path.after[i] = zeros - zeros / 2;
                } else {
                    path.before[i] = padding[i];
                    path.after[i] = padding[i];
                    path.steps[i] = (sizes[i] + 2L * padding[i] - reach) / stride[i] + 1;
                }
            }
            return path;
        }

        boolean padded() {
            return before[0] + before[1] + after[0] + after[1] > 0;
        }

        List<AttributeProto> attributes() {
            return List.of(
                    integers("kernel_shape", kernel[0], kernel[1]),
                    integers("strides", stride[0], stride[1]),
                    integers("dilations", dilation[0], dilation[1]),
                    integers("pads", before[0], before[1], after[0], after[1]));
        }

        Image over(Image input, long channels, String tensor) {
            return new Image(tensor, channels, steps[0], steps[1], input.channelsLast());
        }
    }

    /** A convolution without its activation function. DL4J's kernels don't depend on how it holds images. */
    Image convolution(String name, Layer layer, ConvolutionLayer convolution, Image input) throws NotTranslatable {
        var path = Path.of(
                name,
                convolution,
                convolution.getConvolutionMode(),
                convolution.getKernelSize(),
                convolution.getStride(),
                convolution.getPadding(),
                convolution.getDilation(),
                input);
        long filters = convolution.getNOut();
        var inputs = new ArrayList<>(List.of(
                input.tensor(),
                graph.weights(
                        name + "_W",
                        layer.getParam(ConvolutionParamInitializer.WEIGHT_KEY),
                        filters,
                        input.channels(),
                        path.kernel[0],
                        path.kernel[1])));
        if (convolution.hasBias()) {
            inputs.add(graph.weights(name + "_b", layer.getParam(ConvolutionParamInitializer.BIAS_KEY), filters));
        }
        return path.over(
                input,
                filters,
                graph.node("Conv", name + "_Conv", inputs, path.attributes().toArray(AttributeProto[]::new)));
    }

    /** The largest or mean value of each window. */
    Image pooling(String name, SubsamplingLayer pooling, Image input) throws NotTranslatable {
        var path = Path.of(
                name,
                pooling,
                pooling.getConvolutionMode(),
                pooling.getKernelSize(),
                pooling.getStride(),
                pooling.getPadding(),
                pooling.getDilation(),
                input);
        return path.over(
                input,
                input.channels(),
                switch (pooling.getPoolingType()) {
                    case MAX ->
                        graph.node(
                                "MaxPool",
                                name + "_MaxPool",
                                List.of(input.tensor()),
                                path.attributes().toArray(AttributeProto[]::new));
                    case AVG -> average(name, pooling, path, input);
                    case SUM, PNORM ->
                        throw NotTranslatable.layer(
                                name,
                                pooling,
                                "pools by " + pooling.getPoolingType() + "; this worker can write MAX and AVG as ONNX");
                });
    }

    /** ONNX knows no dilated mean before opset 19. */
    private String average(String name, SubsamplingLayer pooling, Path path, Image input) throws NotTranslatable {
        if (path.dilation[0] != 1 || path.dilation[1] != 1) {
            throw NotTranslatable.layer(
                    name, pooling, "has a dilation of more than 1, which this worker can't write for means as ONNX");
        }
        var attributes = new ArrayList<>(path.attributes());
        attributes.removeIf(each -> each.getName().equals("dilations"));
        if (path.padded()) {
            attributes.add(integer("count_include_pad", pooling.isAvgPoolIncludePadInDivisor() ? 1 : 0));
        }
        return graph.node(
                "AveragePool",
                name + "_AveragePool",
                List.of(input.tensor()),
                attributes.toArray(AttributeProto[]::new));
    }

    /** The largest or mean value over all of height and width. */
    Row pooled(String name, GlobalPoolingLayer pooling, Image input) throws NotTranslatable {
        if (pooling.getPoolingType() != PoolingType.MAX && pooling.getPoolingType() != PoolingType.AVG) {
            throw NotTranslatable.layer(
                    name,
                    pooling,
                    "pools by " + pooling.getPoolingType() + "; this worker can write MAX and AVG as ONNX");
        }
        var operator = pooling.getPoolingType() == PoolingType.MAX ? "GlobalMaxPool" : "GlobalAveragePool";
        var whole = graph.node(operator, name + "_" + operator, List.of(input.tensor()));
        return new Row(graph.node("Flatten", name + "_Flatten", List.of(whole), integer("axis", 1)), input.channels());
    }
}
