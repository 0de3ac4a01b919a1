package dev.capstan.worker.compress.prune;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.protocol.JobFile;
import dev.capstan.worker.Fixtures;
import dev.capstan.worker.compress.prune.Pruning.Norm;
import dev.capstan.worker.compress.prune.Pruning.Scope;
import dev.capstan.worker.data.Preprocessing;
import dev.capstan.worker.data.Shape;
import dev.capstan.worker.model.Native;
import dev.capstan.worker.model.Network;
import dev.capstan.worker.model.Networks;
import dev.capstan.worker.outcome.Failure;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration.GraphBuilder;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.ElementWiseVertex;
import org.deeplearning4j.nn.conf.graph.L2NormalizeVertex;
import org.deeplearning4j.nn.conf.graph.MergeVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.PReLULayer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Models in DL4J's own JSON: branches that meet, and layers that can't be cut along. */
class CutGraphTest {
    private static final Shape.Image IMAGES = new Shape.Image(6, 6, 2);
    private static final Shape ROWS = new Shape.Flat(5);

    @TempDir
    Path folder;

    @BeforeAll
    static void load() {
        Native.load(Map.of());
    }

    /** What a residual block adds up goes together: who cuts one branch alone can't add them any more. */
    @Test
    void channelsThatAreAddedGoTogether() throws Exception {
        var network = network(
                IMAGES,
                graph().addLayer("first", convolution(6), "in")
                        .addLayer("inner", convolution(4), "first")
                        .addLayer("second", convolution(6), "inner")
                        .addVertex("sum", new ElementWiseVertex(ElementWiseVertex.Op.Add), "first", "second")
                        .addLayer("normal", new BatchNormalization(), "sum")
                        .addLayer("out", output(), "normal")
                        .setOutputs("out")
                        .setInputTypes(InputType.convolutional(6, 6, 2)));
        var choice = Chooser.choose(
                halfOfTheUnits(), network.structure(), network.stage().parameters());
        assertEquals(
                List.of(
                        new Choice.Share("first and second", "channels", 3, 6),
                        new Choice.Share("inner", "channels", 2, 4)),
                choice.shares());
        assertCutAsMasked(network, choice, IMAGES);
        var named = Chooser.choose(
                halfOfTheUnits(), network.structure(), network.stage().parameters(), List.of("second"));
        assertEquals(1, named.shares().size());
        assertEquals("first and second", named.shares().getFirst().layer());
    }

    @Test
    void branchesThatAreJoinedAreCutEachInItsPlace() throws Exception {
        var network = network(
                IMAGES,
                graph().addLayer("left", convolution(4), "in")
                        .addLayer("right", convolution(5), "in")
                        .addVertex("both", new MergeVertex(), "left", "right")
                        .addLayer("normal", new BatchNormalization(), "both")
                        .addLayer("next", convolution(4), "normal")
                        .addLayer("rows", new DenseLayer.Builder().nOut(6).build(), "next")
                        .addLayer("out", output(), "rows")
                        .setOutputs("out")
                        .setInputTypes(InputType.convolutional(6, 6, 2)));
        var choice = Chooser.choose(
                halfOfTheUnits(), network.structure(), network.stage().parameters());
        assertEquals(4, choice.shares().size());
        assertCutAsMasked(network, choice, IMAGES);
    }

    @Test
    void aBranchThatMeetsTheInputIsLeftWhole() throws Exception {
        var network = network(
                ROWS,
                graph().addLayer("same", new DenseLayer.Builder().nOut(5).build(), "in")
                        .addVertex("sum", new ElementWiseVertex(ElementWiseVertex.Op.Add), "in", "same")
                        .addLayer("next", new DenseLayer.Builder().nOut(8).build(), "sum")
                        .addLayer("out", output(), "next")
                        .setOutputs("out")
                        .setInputTypes(InputType.feedForward(5)));
        assertSaid(
                network,
                "same",
                "same can't be pruned like this: it meets in sum what isn't the outputs of one layer, one by one");
        var choice = Chooser.choose(
                halfOfTheUnits(), network.structure(), network.stage().parameters());
        assertEquals(List.of(new Choice.Share("next", "neurons", 4, 8)), choice.shares());
        assertCutAsMasked(network, choice, ROWS);
    }

    @Test
    void whatMixesOutputsOrIsNotKnownIsRefusedByName() throws Exception {
        var network = network(
                ROWS,
                graph().addLayer(
                                "soft",
                                new DenseLayer.Builder()
                                        .nOut(5)
                                        .activation(Activation.SOFTMAX)
                                        .build(),
                                "in")
                        .addLayer("later", new DenseLayer.Builder().nOut(5).build(), "soft")
                        .addLayer("mixing", new ActivationLayer(Activation.SOFTMAX), "later")
                        .addLayer("sloped", new DenseLayer.Builder().nOut(5).build(), "mixing")
                        .addLayer(
                                "slopes", new PReLULayer.Builder().inputShape(5).build(), "sloped")
                        .addLayer("long", new DenseLayer.Builder().nOut(5).build(), "slopes")
                        .addVertex("short", new L2NormalizeVertex(), "long")
                        .addLayer("out", output(), "short")
                        .setOutputs("out")
                        .setInputTypes(InputType.feedForward(5)));
        assertSaid(
                network,
                "soft",
                "soft can't be pruned like this: it goes through the activation softmax of soft, by which each output"
                        + " depends on all");
        assertSaid(
                network,
                "later",
                "later can't be pruned like this: it goes through the activation softmax of mixing, by which each"
                        + " output depends on all");
        assertSaid(
                network,
                "sloped",
                "sloped can't be pruned like this: it feeds slopes, a PReLULayer, which can't be cut along with it");
        assertSaid(
                network,
                "long",
                "long can't be pruned like this: it feeds short, a L2NormalizeVertex, which can't be cut along with"
                        + " it");
        var e = assertThrows(
                Failure.class,
                () -> Chooser.choose(
                        halfOfTheUnits(), network.structure(), network.stage().parameters()));
        assertTrue(
                e.getMessage().startsWith("no layer of the model can be pruned like this: soft goes through"),
                e.getMessage());
    }

    /** What can't be cut keeps its own weights where others are cut around it. */
    @Test
    void anUnknownLayerKeepsItsWeights() throws Exception {
        var network = network(
                ROWS,
                graph().addLayer("first", new DenseLayer.Builder().nOut(6).build(), "in")
                        .addLayer("second", new DenseLayer.Builder().nOut(4).build(), "first")
                        .addLayer(
                                "slopes", new PReLULayer.Builder().inputShape(4).build(), "second")
                        .addLayer("slopes_out", output(), "slopes")
                        .setOutputs("slopes_out")
                        .setInputTypes(InputType.feedForward(5)));
        var choice = Chooser.choose(
                halfOfTheUnits(), network.structure(), network.stage().parameters());
        assertEquals(List.of(new Choice.Share("first", "neurons", 3, 6)), choice.shares());
        assertCutAsMasked(network, choice, ROWS);
        var weights = Chooser.choose(
                new Pruning.SingleWeights(Scope.LAYER, 50),
                network.structure(),
                network.stage().parameters());
        assertEquals(
                List.of(new Choice.Whole("slopes", "is a PReLULayer, of whose weights it isn't known what they mean")),
                weights.whole());
    }

    @Test
    void channelsThatComeLastAreLeftWhole() throws Exception {
        var network = network(
                IMAGES,
                graph().addLayer(
                                "last",
                                new ConvolutionLayer.Builder(3, 3)
                                        .nIn(2)
                                        .nOut(4)
                                        .dataFormat(CNN2DFormat.NHWC)
                                        .build(),
                                "in")
                        .addLayer("all", new GlobalPoolingLayer(PoolingType.AVG), "last")
                        .addLayer("out", output(), "all")
                        .setOutputs("out")
                        .setInputTypes(InputType.convolutional(6, 6, 2, CNN2DFormat.NHWC)));
        assertThrows(
                Failure.class,
                () -> Chooser.choose(
                        halfOfTheUnits(), network.structure(), network.stage().parameters()));
    }

    private static Pruning halfOfTheUnits() {
        return new Pruning.WholeUnits(Norm.L1, Scope.LAYER, 50);
    }

    private static void assertSaid(Network network, String layer, String sentence) {
        var e = assertThrows(
                Failure.class,
                () -> Chooser.choose(
                        halfOfTheUnits(), network.structure(), network.stage().parameters(), List.of(layer)));
        assertEquals(sentence, e.getMessage());
    }

    private static void assertCutAsMasked(Network network, Choice choice, Shape shape) {
        var inputs = new RandomNetworks(4).inputs(shape, 5);
        var cut = network.without(choice.removed());
        assertTrue(cut.parameters().length() < network.parameters().length());
        network.stage().parameters().zero(choice.mask());
        assertArrayEquals(values(network.output(inputs, null)), values(cut.output(inputs, null)), 1e-5f);
    }

    private static float[] values(INDArray array) {
        return array.dup('c').data().asFloat();
    }

    private static GraphBuilder graph() {
        return new NeuralNetConfiguration.Builder()
                .activation(Activation.SIGMOID)
                .graphBuilder()
                .addInputs("in");
    }

    private static ConvolutionLayer convolution(int channels) {
        return new ConvolutionLayer.Builder(3, 3)
                .convolutionMode(ConvolutionMode.Same)
                .nOut(channels)
                .build();
    }

    private static OutputLayer output() {
        return new OutputLayer.Builder().nOut(3).activation(Activation.SOFTMAX).build();
    }

    private Network network(Shape shape, GraphBuilder graph) throws Exception {
        var file = folder.resolve("model.json");
        Files.writeString(file, graph.build().toJson());
        var network = Networks.create(
                new JobFile.Model(null, file.toString(), null, null),
                Fixtures.training(1, 4, Fixtures.ADAM, 7),
                new Preprocessing(shape, List.of("a", "b", "c"), null),
                null);
        new RandomNetworks(5).draw(network);
        return network;
    }
}
