package dev.capstan.worker.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.protocol.Layer;
import dev.capstan.protocol.Layer.Padding;
import dev.capstan.protocol.Layer.PoolingType;
import dev.capstan.worker.data.Shape;
import dev.capstan.worker.model.Functions;
import dev.capstan.worker.model.Native;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import onnx.Onnx.TensorProto;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Whether ONNX Runtime answers as DL4J does, for all that a job's layers may be. */
class OnnxExportTest {
    private static final int NETWORKS = 40;
    private static final Shape ROW = new Shape.Flat(7);
    private static final Shape GREY = new Shape.Image(9, 8, 1);
    private static final Shape COLOUR = new Shape.Image(11, 12, 3);
    private static final Shape WORDS = new Shape.Tokens(6, 15);
    private static final Layer OUTPUT = new Layer.Output(3, "softmax", "mcxent");

    @BeforeAll
    static void load() {
        Native.load(Map.of());
    }

    static IntStream seeds() {
        return IntStream.range(0, NETWORKS);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void aRandomNetworkForRows(int seed) throws Exception {
        var random = new Random(seed);
        var layers = new ArrayList<Layer>();
        addRows(layers, random);
        Agreement.check(ROW, layers, random);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void aRandomNetworkForImages(int seed) throws Exception {
        var random = new Random(seed);
        var shape = random.nextBoolean() ? GREY : COLOUR;
        var layers = new ArrayList<Layer>();
        int side = 8;
        for (int i = random.nextInt(4); i >= 0; i--) {
            switch (random.nextInt(5)) {
                case 0 -> layers.add(new Layer.BatchNormalization(0.9, 1e-5));
                case 1 -> addDropout(layers);
                case 2 -> {
                    int kernel = 1 + random.nextInt(Math.min(3, side));
                    int stride = 1 + random.nextInt(2);
                    var type = random.nextBoolean() ? PoolingType.MAX : PoolingType.AVERAGE;
                    layers.add(new Layer.Pooling(type, kernel, stride));
                    side = (side - kernel) / stride + 1;
                }
                default -> {
                    int kernel = 1 + random.nextInt(Math.min(4, side));
                    int stride = 1 + random.nextInt(Math.min(3, kernel));
                    var padding = random.nextBoolean() ? Padding.SAME : Padding.VALID;
                    layers.add(new Layer.Convolution(
                            1 + random.nextInt(4), kernel, stride, padding, random.nextBoolean() ? "relu" : "softmax"));
                    side = padding == Padding.SAME ? Math.ceilDiv(side, stride) : (side - kernel) / stride + 1;
                }
            }
        }
        if (random.nextInt(3) == 0) {
            layers.add(new Layer.GlobalPooling(random.nextBoolean() ? PoolingType.MAX : PoolingType.AVERAGE));
        }
        addRows(layers, random);
        Agreement.check(shape, layers, random);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void aRandomNetworkForTexts(int seed) throws Exception {
        var random = new Random(seed);
        var layers = new ArrayList<Layer>();
        layers.add(new Layer.Embedding(1 + random.nextInt(5)));
        for (int i = random.nextInt(3); i > 0; i--) {
            if (random.nextInt(3) == 0) {
                layers.add(new Layer.Dropout(0.3));
            }
            layers.add(new Layer.Lstm(1 + random.nextInt(6), activation(random), true));
        }
        if (random.nextBoolean()) {
            addSequences(layers, random);
        }
        layers.add(
                switch (random.nextInt(3)) {
                    case 0 -> new Layer.GlobalPooling(PoolingType.MAX);
                    case 1 -> new Layer.GlobalPooling(PoolingType.AVERAGE);
                    default -> new Layer.Lstm(1 + random.nextInt(6), activation(random), false);
                });
        addRows(layers, random);
        Agreement.check(WORDS, layers, random);
    }

    private static void addSequences(List<Layer> layers, Random random) {
        for (int i = random.nextInt(4); i >= 0; i--) {
            layers.add(
                    switch (random.nextInt(6)) {
                        case 0 -> new Layer.Positions();
                        case 1 -> new Layer.LayerNormalization(1e-2);
                        case 2 -> new Layer.Conv1d(1 + random.nextInt(5), 1 + 2 * random.nextInt(3), "elu");
                        case 3 -> new Layer.BidirectionalLstm(1 + random.nextInt(4), activation(random));
                        case 4 -> new Layer.Dense(1 + random.nextInt(5), "gelu");
                        default -> new Layer.Attention(1);
                    });
        }
        layers.add(new Layer.Dense(6, "sigmoid"));
        layers.add(new Layer.Residual(List.of(new Layer.Attention(3))));
    }

    private static void addRows(List<Layer> layers, Random random) {
        for (int i = random.nextInt(4); i > 0; i--) {
            switch (random.nextInt(5)) {
                case 0 -> layers.add(new Layer.BatchNormalization(0.9, 1e-3));
                case 1 -> addDropout(layers);
                case 2 -> {
                    layers.add(new Layer.Dense(2 + random.nextInt(8), "tanh"));
                    layers.add(new Layer.LayerNormalization(1e-3));
                }
                default -> layers.add(new Layer.Dense(1 + random.nextInt(9), activation(random)));
            }
        }
        layers.add(OUTPUT);
    }

    /** Two in a row are more than DL4J itself can cope with. */
    private static void addDropout(List<Layer> layers) {
        if (layers.isEmpty() || !(layers.getLast() instanceof Layer.Dropout)) {
            layers.add(new Layer.Dropout(0.4));
        }
    }

    private static String activation(Random random) {
        var all = Functions.activations();
        return all.get(random.nextInt(all.size()));
    }

    static Stream<Arguments> activations() {
        return Functions.activations().stream()
                .flatMap(each -> Stream.of(
                        Arguments.of(each, ROW, List.of(new Layer.Dense(6, each), OUTPUT)),
                        Arguments.of(each, ROW, List.of(new Layer.Output(3, each, "mse"))),
                        Arguments.of(
                                each,
                                COLOUR,
                                List.of(
                                        new Layer.Convolution(3, 3, 2, Padding.VALID, each),
                                        new Layer.Dense(4, "tanh"),
                                        OUTPUT)),
                        Arguments.of(
                                each, WORDS, List.of(new Layer.Embedding(4), new Layer.Lstm(5, each, false), OUTPUT)),
                        Arguments.of(
                                each,
                                WORDS,
                                List.of(
                                        new Layer.Embedding(4),
                                        new Layer.Lstm(5, each, true),
                                        new Layer.GlobalPooling(PoolingType.AVERAGE),
                                        OUTPUT))));
    }

    @ParameterizedTest(name = "{0} {2}")
    @MethodSource("activations")
    void eachActivationFunctionWhereverItMayStand(String name, Shape shape, List<Layer> layers) throws Exception {
        for (int seed = 0; seed < 3; seed++) {
            var network = Agreement.network(shape, layers, new Random(seed));
            if (name.equals("cube")) {
                // In an LSTM it grows without bounds, in DL4J as well.
                network.parameters().muli(0.3);
            }
            Agreement.check(shape, network, new Random(seed));
        }
    }

    @Test
    void theSameNetworkGivesTheSameBytesAndNamesItsWeights() throws Exception {
        var layers = List.of(
                new Layer.Convolution(2, 3, 1, Padding.SAME, "relu"),
                new Layer.BatchNormalization(0.9, 1e-5),
                new Layer.Dense(4, "tanh"),
                OUTPUT);
        var once = OnnxExport.of(Agreement.network(GREY, layers, new Random(5)), GREY, "1.2");
        var twice = OnnxExport.of(Agreement.network(GREY, layers, new Random(5)), GREY, "1.2");
        assertArrayEquals(once.toByteArray(), twice.toByteArray());
        assertEquals("Capstan 1.2", once.getProducerName() + " " + once.getProducerVersion());
        assertEquals(
                List.of(
                        "layer0_W",
                        "layer0_b",
                        "layer1_gamma",
                        "layer1_beta",
                        "layer1_mean",
                        "layer1_var",
                        "layer2_W",
                        "layer2_b",
                        "layer3_W",
                        "layer3_b"),
                once.getGraph().getInitializerList().stream()
                        .map(TensorProto::getName)
                        .filter(each -> !each.startsWith("constant"))
                        .toList());
        var input = once.getGraph().getInput(0);
        assertEquals("input", input.getName());
        assertEquals("N", input.getType().getTensorType().getShape().getDim(0).getDimParam());
        assertTrue(input.getDocString().contains("grey image of 9 by 8 pixels"), input.getDocString());
    }
}
