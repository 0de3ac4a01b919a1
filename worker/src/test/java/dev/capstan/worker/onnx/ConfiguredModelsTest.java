package dev.capstan.worker.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Optimizer;
import dev.capstan.worker.Fixtures;
import dev.capstan.worker.data.Preprocessing;
import dev.capstan.worker.data.Shape;
import dev.capstan.worker.model.Native;
import dev.capstan.worker.model.Network;
import dev.capstan.worker.model.Networks;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import onnx.Onnx.TensorProto;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration.GraphBuilder;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration.ListBuilder;
import org.deeplearning4j.nn.conf.graph.ElementWiseVertex;
import org.deeplearning4j.nn.conf.graph.L2NormalizeVertex;
import org.deeplearning4j.nn.conf.graph.MergeVertex;
import org.deeplearning4j.nn.conf.graph.ScaleVertex;
import org.deeplearning4j.nn.conf.graph.ShiftVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.EmbeddingSequenceLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.LocalResponseNormalization;
import org.deeplearning4j.nn.conf.layers.LossLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayer;
import org.deeplearning4j.nn.conf.layers.recurrent.Bidirectional;
import org.deeplearning4j.nn.conf.layers.recurrent.LastTimeStep;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.activations.impl.ActivationGELU;
import org.nd4j.linalg.activations.impl.ActivationReLU;

/** Models that users bring as DL4J's own configuration: those that ONNX can hold, and why others can't be. */
class ConfiguredModelsTest {
    private static final Shape ROW = new Shape.Flat(5);
    private static final Shape IMAGE = new Shape.Image(7, 6, 3);
    private static final Shape WORDS = new Shape.Tokens(5, 9);

    @TempDir
    Path folder;

    @BeforeAll
    static void load() {
        Native.load(Map.of());
    }

    /** New ones each: DL4J writes names and sizes into what it gets. */
    private static OutputLayer output() {
        return new OutputLayer.Builder().nOut(3).activation(Activation.SOFTMAX).build();
    }

    private static DenseLayer dense() {
        return new DenseLayer.Builder().nOut(4).build();
    }

    private static LossLayer loss() {
        var loss = new LossLayer.Builder().activation(Activation.SOFTMAX).build();
        // It can't be said to the builder, and isn't known otherwise.
        loss.setNOut(3);
        return loss;
    }

    private static ListBuilder list() {
        return new NeuralNetConfiguration.Builder().list();
    }

    private static String images(CNN2DFormat format, UnaryOperator<ListBuilder> layers) {
        return layers.apply(list())
                .layer(output())
                .setInputType(InputType.convolutional(7, 6, 3, format))
                .build()
                .toJson();
    }

    private static String graph(InputType type, UnaryOperator<GraphBuilder> vertices) {
        return vertices.apply(
                        new NeuralNetConfiguration.Builder().graphBuilder().addInputs("in"))
                .addLayer("out", output(), "last")
                .setOutputs("out")
                .setInputTypes(type)
                .build()
                .toJson();
    }

    private static ConvolutionLayer convolution(ConvolutionMode mode) {
        return new ConvolutionLayer.Builder(3, 2)
                .nOut(4)
                .stride(2, 1)
                .dilation(1, 2)
                .padding(mode == ConvolutionMode.Same ? new int[] {0, 0} : new int[] {1, 2})
                .convolutionMode(mode)
                .hasBias(mode != ConvolutionMode.Same)
                .activation(Activation.TANH)
                .build();
    }

    private static SubsamplingLayer pooling(SubsamplingLayer.PoolingType type, ConvolutionMode mode, boolean divisor) {
        return new SubsamplingLayer.Builder(type)
                .kernelSize(3, 2)
                .stride(2, 2)
                .padding(mode == ConvolutionMode.Same ? new int[] {0, 0} : new int[] {1, 1})
                .convolutionMode(mode)
                .avgPoolIncludePadInDivisor(divisor)
                .build();
    }

    static Stream<Arguments> models() {
        var max = SubsamplingLayer.PoolingType.MAX;
        var mean = SubsamplingLayer.PoolingType.AVG;
        return Stream.of(
                Arguments.of(
                        "rows, a loss layer, a given name, no bias",
                        ROW,
                        list().layer(new DenseLayer.Builder()
                                        .nOut(4)
                                        .hasBias(false)
                                        .name("first")
                                        .build())
                                .layer(new ActivationLayer(new ActivationGELU(true)))
                                .layer(new DenseLayer.Builder()
                                        .nOut(3)
                                        .activation(new ActivationReLU(6.0, 0.0, 0.1))
                                        .build())
                                .layer(loss())
                                .setInputType(InputType.feedForward(5))
                                .build()
                                .toJson()),
                Arguments.of(
                        "a frozen layer",
                        ROW,
                        list().layer(new FrozenLayer(dense()))
                                .layer(output())
                                .setInputType(InputType.feedForward(5))
                                .build()
                                .toJson()),
                Arguments.of(
                        "batch normalization by logarithms, and with fixed factors",
                        IMAGE,
                        images(
                                CNN2DFormat.NCHW,
                                layers -> layers.layer(new BatchNormalization.Builder().build())
                                        .layer(new BatchNormalization.Builder()
                                                .useLogStd(false)
                                                .lockGammaBeta(true)
                                                .gamma(2)
                                                .beta(0.5)
                                                .build())
                                        .layer(new BatchNormalization.Builder()
                                                .useLogStd(false)
                                                .lockGammaBeta(true)
                                                .gamma(2)
                                                .beta(0)
                                                .build()))),
                Arguments.of(
                        "convolution Same",
                        IMAGE,
                        images(CNN2DFormat.NCHW, layers -> layers.layer(convolution(ConvolutionMode.Same)))),
                Arguments.of(
                        "convolution Truncate with padding",
                        IMAGE,
                        images(CNN2DFormat.NCHW, layers -> layers.layer(convolution(ConvolutionMode.Truncate)))),
                Arguments.of(
                        "channels last",
                        IMAGE,
                        images(
                                CNN2DFormat.NHWC,
                                layers -> layers.layer(convolution(ConvolutionMode.Same))
                                        .layer(new ActivationLayer(Activation.SOFTMAX))
                                        .layer(pooling(max, ConvolutionMode.Truncate, false)))),
                Arguments.of(
                        "channels last, pooled",
                        IMAGE,
                        images(
                                CNN2DFormat.NHWC,
                                layers -> layers.layer(convolution(ConvolutionMode.Same))
                                        .layer(new GlobalPoolingLayer(PoolingType.AVG)))),
                Arguments.of(
                        "pooling, largest, Same",
                        IMAGE,
                        images(CNN2DFormat.NCHW, layers -> layers.layer(pooling(max, ConvolutionMode.Same, false)))),
                Arguments.of(
                        "pooling, largest, with padding",
                        IMAGE,
                        images(
                                CNN2DFormat.NCHW,
                                layers -> layers.layer(pooling(max, ConvolutionMode.Truncate, false)))),
                Arguments.of(
                        "pooling, mean, Same",
                        IMAGE,
                        images(CNN2DFormat.NCHW, layers -> layers.layer(pooling(mean, ConvolutionMode.Same, false)))),
                Arguments.of(
                        "pooling, mean, Same, over zeros too",
                        IMAGE,
                        images(CNN2DFormat.NCHW, layers -> layers.layer(pooling(mean, ConvolutionMode.Same, true)))),
                Arguments.of(
                        "pooling, mean, with padding",
                        IMAGE,
                        images(
                                CNN2DFormat.NCHW,
                                layers -> layers.layer(pooling(mean, ConvolutionMode.Truncate, false)))),
                Arguments.of(
                        "pooling, mean, with padding, over zeros too",
                        IMAGE,
                        images(
                                CNN2DFormat.NCHW,
                                layers -> layers.layer(pooling(mean, ConvolutionMode.Truncate, true)))),
                Arguments.of(
                        "an LSTM with gates of its own",
                        WORDS,
                        list().layer(new EmbeddingSequenceLayer.Builder()
                                        .nIn(9)
                                        .nOut(4)
                                        .build())
                                .layer(new LastTimeStep(new LSTM.Builder()
                                        .nOut(5)
                                        .gateActivationFunction(Activation.HARDSIGMOID)
                                        .activation(Activation.SOFTSIGN)
                                        .build()))
                                .layer(output())
                                .setInputType(InputType.recurrent(9, 5))
                                .build()
                                .toJson()),
                Arguments.of(
                        "a graph of rows",
                        ROW,
                        graph(
                                InputType.feedForward(5),
                                graph -> graph.addLayer("left", dense(), "in")
                                        .addLayer("right", dense(), "in")
                                        .addVertex(
                                                "sum", new ElementWiseVertex(ElementWiseVertex.Op.Add), "left", "right")
                                        .addVertex(
                                                "mean",
                                                new ElementWiseVertex(ElementWiseVertex.Op.Average),
                                                "left",
                                                "sum")
                                        .addVertex(
                                                "times",
                                                new ElementWiseVertex(ElementWiseVertex.Op.Product),
                                                "left",
                                                "mean",
                                                "right")
                                        .addVertex(
                                                "less",
                                                new ElementWiseVertex(ElementWiseVertex.Op.Subtract),
                                                "times",
                                                "right")
                                        .addVertex(
                                                "most", new ElementWiseVertex(ElementWiseVertex.Op.Max), "less", "left")
                                        .addVertex("scaled", new ScaleVertex(1.5), "most")
                                        .addVertex("shifted", new ShiftVertex(-0.5), "scaled")
                                        .addVertex("last", new MergeVertex(), "shifted", "left"))),
                Arguments.of(
                        "a graph of images, with a residual",
                        IMAGE,
                        graph(
                                InputType.convolutional(7, 6, 3),
                                graph -> graph.addLayer("a", residual(), "in")
                                        .addLayer("b", residual(), "a")
                                        .addVertex("sum", new ElementWiseVertex(ElementWiseVertex.Op.Add), "a", "b")
                                        .addVertex("both", new MergeVertex(), "sum", "a")
                                        .addLayer("last", new GlobalPoolingLayer(PoolingType.MAX), "both"))),
                Arguments.of(
                        "a graph of texts",
                        WORDS,
                        graph(
                                InputType.recurrent(9, 5),
                                graph -> graph.addLayer(
                                                "words",
                                                new EmbeddingSequenceLayer.Builder()
                                                        .nIn(9)
                                                        .nOut(4)
                                                        .build(),
                                                "in")
                                        .addLayer(
                                                "a", new LSTM.Builder().nOut(3).build(), "words")
                                        .addLayer(
                                                "b", new LSTM.Builder().nOut(2).build(), "words")
                                        .addVertex("both", new MergeVertex(), "a", "b")
                                        .addLayer("last", new GlobalPoolingLayer(PoolingType.AVG), "both"))));
    }

    private static ConvolutionLayer residual() {
        return new ConvolutionLayer.Builder(3, 3)
                .nOut(4)
                .convolutionMode(ConvolutionMode.Same)
                .activation(Activation.RELU)
                .build();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("models")
    void onnxAnswersAsDl4jDoes(String name, Shape shape, String json) throws Exception {
        Agreement.check(shape, Agreement.scattered(network(shape, json), new Random(1)), new Random(2));
    }

    static Stream<Arguments> refused() {
        return Stream.of(
                Arguments.of(
                        "layer norm, a LocalResponseNormalization, is of a kind",
                        IMAGE,
                        images(
                                CNN2DFormat.NCHW,
                                layers -> layers.layer(new LocalResponseNormalization.Builder()
                                        .name("norm")
                                        .build()))),
                Arguments.of(
                        "layer layer0, a SubsamplingLayer, pools by PNORM",
                        IMAGE,
                        images(
                                CNN2DFormat.NCHW,
                                layers -> layers.layer(new SubsamplingLayer.Builder(SubsamplingLayer.PoolingType.PNORM)
                                        .pnorm(2)
                                        .kernelSize(2, 2)
                                        .build()))),
                Arguments.of(
                        "layer layer0 has the activation function ActivationRReLU",
                        ROW,
                        list().layer(new DenseLayer.Builder()
                                        .nOut(4)
                                        .activation(Activation.RRELU)
                                        .build())
                                .layer(output())
                                .setInputType(InputType.feedForward(5))
                                .build()
                                .toJson()),
                Arguments.of(
                        "layer layer0, a DenseLayer, has a layer normalization",
                        ROW,
                        list().layer(new DenseLayer.Builder()
                                        .nOut(4)
                                        .hasLayerNorm(true)
                                        .build())
                                .layer(output())
                                .setInputType(InputType.feedForward(5))
                                .build()
                                .toJson()),
                Arguments.of(
                        "layer layer1, a Bidirectional",
                        WORDS,
                        list().layer(new EmbeddingSequenceLayer.Builder()
                                        .nIn(9)
                                        .nOut(4)
                                        .build())
                                .layer(new Bidirectional(
                                        new LSTM.Builder().nOut(3).build()))
                                .layer(new GlobalPoolingLayer(PoolingType.MAX))
                                .layer(output())
                                .setInputType(InputType.recurrent(9, 5))
                                .build()
                                .toJson()),
                Arguments.of(
                        "vertex last, a L2NormalizeVertex",
                        ROW,
                        graph(
                                InputType.feedForward(5),
                                graph -> graph.addLayer(
                                                "a",
                                                new DenseLayer.Builder().nOut(4).build(),
                                                "in")
                                        .addVertex("last", new L2NormalizeVertex(), "a"))));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("refused")
    void whatCantBeWrittenIsNamed(String sentence, Shape shape, String json) throws Exception {
        var network = network(shape, json);
        var message = assertThrows(NotTranslatable.class, () -> OnnxExport.of(network, shape, "0"))
                .getMessage();
        assertTrue(message.contains(sentence), message);
    }

    @Test
    void aLayerKeepsTheNameThatItsUserGaveIt() throws Exception {
        var json = list().layer(new DenseLayer.Builder().nOut(4).name("hidden").build())
                .layer(new DenseLayer.Builder().nOut(4).name("hidden").build())
                .layer(output())
                .setInputType(InputType.feedForward(5))
                .build()
                .toJson();
        assertEquals(
                List.of("hidden_W", "hidden_b", "hidden_W_2", "hidden_b_2", "layer2_W", "layer2_b"),
                OnnxExport.of(network(ROW, json), ROW, "0").getGraph().getInitializerList().stream()
                        .map(TensorProto::getName)
                        .toList());
    }

    private Network network(Shape shape, String json) throws Exception {
        var file = Files.writeString(folder.resolve("model.json"), json);
        return Networks.create(
                new JobFile.Model(null, file.toString(), null, null),
                Fixtures.training(1, 2, new Optimizer.Adam(0.01, 0.9, 0.999, 1e-8), 7),
                new Preprocessing(shape, List.of("a", "b", "c"), null),
                null);
    }
}
