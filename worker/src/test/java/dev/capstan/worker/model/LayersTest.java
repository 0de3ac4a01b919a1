package dev.capstan.worker.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Layer;
import dev.capstan.protocol.Layer.Padding;
import dev.capstan.protocol.Layer.PoolingType;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.Fixtures;
import dev.capstan.worker.data.Preprocessing;
import dev.capstan.worker.data.Shape;
import dev.capstan.worker.outcome.Failure;
import dev.capstan.worker.step.Slice;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.deeplearning4j.util.ModelSerializer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;

/** Each kind of layer: whether it fits what it gets, and whether its gradient is that of its loss. */
class LayersTest {
    private static final Shape ROW = new Shape.Flat(7);
    private static final Shape GREY = new Shape.Image(6, 5, 1);
    private static final Shape COLOUR = new Shape.Image(8, 8, 3);
    private static final Shape WORDS = new Shape.Tokens(5, 9);

    private static final Layer OUTPUT = new Layer.Output(3, "softmax", "mcxent");
    private static final Layer DENSE = new Layer.Dense(4, "tanh");
    private static final Layer DROPOUT = new Layer.Dropout(0.4);
    private static final Layer NORMALIZATION = new Layer.BatchNormalization(0.9, 1e-5);
    private static final Layer EMBEDDING = new Layer.Embedding(4);
    private static final Layer LSTM = new Layer.Lstm(3, "tanh", false);
    private static final Layer SEQUENCES = new Layer.Lstm(3, "tanh", true);
    private static final Layer BOTH = new Layer.BidirectionalLstm(3, "tanh");
    private static final Layer LAYER_NORMALIZATION = new Layer.LayerNormalization(1e-5);
    private static final Layer POSITIONS = new Layer.Positions();
    private static final Layer ATTENTION = new Layer.Attention(2);
    private static final Layer FEED_FORWARD = new Layer.Residual(
            List.of(LAYER_NORMALIZATION, new Layer.Dense(6, "tanh"), new Layer.Dense(4, "identity")));
    private static final Layer AVERAGE = new Layer.Pooling(PoolingType.AVERAGE, 2, 2);
    private static final Layer OVERALL = new Layer.GlobalPooling(PoolingType.AVERAGE);

    @BeforeAll
    static void load() {
        Native.load(Map.of());
    }

    static Stream<Arguments> stacks() {
        return Stream.of(
                Arguments.of(ROW, List.of(OUTPUT)),
                Arguments.of(ROW, List.of(DENSE, NORMALIZATION, DROPOUT, OUTPUT)),
                Arguments.of(ROW, List.of(NORMALIZATION, OUTPUT)),
                Arguments.of(ROW, List.of(DROPOUT, OUTPUT)),
                Arguments.of(GREY, List.of(DENSE, OUTPUT)),
                Arguments.of(GREY, List.of(convolution(2, 3, 1, Padding.VALID), OUTPUT)),
                Arguments.of(GREY, List.of(convolution(2, 3, 2, Padding.SAME), NORMALIZATION, DENSE, OUTPUT)),
                Arguments.of(GREY, List.of(convolution(2, 7, 1, Padding.SAME), OUTPUT)),
                Arguments.of(GREY, List.of(NORMALIZATION, DENSE, OUTPUT)),
                Arguments.of(GREY, List.of(DROPOUT, convolution(2, 2, 1, Padding.VALID), DROPOUT, OUTPUT)),
                Arguments.of(GREY, List.of(DROPOUT, DENSE, OUTPUT)),
                Arguments.of(
                        COLOUR,
                        List.of(
                                convolution(4, 3, 1, Padding.SAME),
                                new Layer.Pooling(PoolingType.MAX, 3, 2),
                                convolution(5, 2, 1, Padding.VALID),
                                AVERAGE,
                                OUTPUT)),
                Arguments.of(COLOUR, List.of(AVERAGE, convolution(4, 3, 1, Padding.VALID), OVERALL, OUTPUT)),
                Arguments.of(
                        COLOUR,
                        List.of(convolution(4, 3, 3, Padding.VALID), new Layer.GlobalPooling(PoolingType.MAX), OUTPUT)),
                Arguments.of(WORDS, List.of(EMBEDDING, LSTM, OUTPUT)),
                Arguments.of(WORDS, List.of(EMBEDDING, DROPOUT, LSTM, NORMALIZATION, DROPOUT, DENSE, OUTPUT)),
                Arguments.of(WORDS, List.of(EMBEDDING, SEQUENCES, DROPOUT, LSTM, OUTPUT)),
                Arguments.of(WORDS, List.of(EMBEDDING, SEQUENCES, OVERALL, OUTPUT)),
                Arguments.of(WORDS, List.of(EMBEDDING, new Layer.GlobalPooling(PoolingType.MAX), OUTPUT)),
                Arguments.of(ROW, List.of(DENSE, LAYER_NORMALIZATION, DENSE, OUTPUT)),
                Arguments.of(ROW, List.of(DENSE, new Layer.Residual(List.of(DROPOUT, DENSE)), OUTPUT)),
                Arguments.of(GREY, List.of(DENSE, LAYER_NORMALIZATION, OUTPUT)),
                Arguments.of(
                        COLOUR,
                        List.of(
                                new Layer.Residual(List.of(
                                        convolution(4, 3, 1, Padding.SAME),
                                        NORMALIZATION,
                                        convolution(3, 3, 1, Padding.SAME))),
                                AVERAGE,
                                OUTPUT)),
                Arguments.of(WORDS, List.of(EMBEDDING, LAYER_NORMALIZATION, LSTM, OUTPUT)),
                Arguments.of(WORDS, List.of(EMBEDDING, POSITIONS, OVERALL, OUTPUT)),
                Arguments.of(WORDS, List.of(EMBEDDING, ATTENTION, LSTM, OUTPUT)),
                Arguments.of(WORDS, List.of(EMBEDDING, BOTH, BOTH, OVERALL, OUTPUT)),
                Arguments.of(WORDS, List.of(EMBEDDING, BOTH, DROPOUT, LSTM, OUTPUT)),
                Arguments.of(
                        WORDS,
                        List.of(
                                EMBEDDING,
                                new Layer.Conv1d(5, 3, "tanh"),
                                new Layer.Conv1d(3, 5, "sigmoid"),
                                OVERALL,
                                OUTPUT)),
                Arguments.of(
                        WORDS,
                        List.of(
                                EMBEDDING,
                                POSITIONS,
                                new Layer.Residual(List.of(LAYER_NORMALIZATION, ATTENTION)),
                                FEED_FORWARD,
                                new Layer.Residual(List.of(LAYER_NORMALIZATION, ATTENTION)),
                                FEED_FORWARD,
                                LAYER_NORMALIZATION,
                                OVERALL,
                                OUTPUT)));
    }

    static Stream<Arguments> stacksOfWords() {
        return stacks().filter(each -> each.get()[0] == WORDS);
    }

    /** Along random directions, the loss changes as the gradient says: central differences. */
    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("stacks")
    void theGradientIsThatOfTheLoss(Shape shape, List<Layer> layers) {
        int rows = 6;
        var network = create(shape, layers);
        assertEquals(Stack.check(layers, shape), network.parameters().length());
        var random = new Random(3);
        var inputs = inputs(shape, rows, random);
        var labels = Nd4j.zeros(rows, 3);
        for (int i = 0; i < rows; i++) {
            labels.putScalar(i, random.nextInt(3), 1);
        }
        var mask = shape instanceof Shape.Tokens ? mask(inputs) : null;
        var start = network.parameters().dup();
        start.addi(noise(start, random).muli(0.1));
        network.parameters().assign(start);
        network.seed(5);
        double loss = network.computeGradient(inputs, labels, mask);
        var gradient = network.gradients().dup();
        network.seed(5);
        assertEquals(loss, network.computeGradient(inputs, labels, mask), "the same seed draws the same");
        assertEquals(gradient, network.gradients());
        network.stage().slices().stream()
                .filter(each -> each.kind() == Slice.Kind.STATISTIC)
                .forEach(each -> network.stage().gradient().scale(each, 0));
        gradient = network.gradients().dup();
        for (int i = 0; i < 3; i++) {
            var direction = noise(start, random);
            double expected = direction
                            .mul(gradient.reshape(direction.shape()))
                            .sumNumber()
                            .doubleValue()
                    / rows;
            double step = 1e-4;
            double change = (lossAt(network, start, direction, step, inputs, labels, mask)
                            - lossAt(network, start, direction, -step, inputs, labels, mask))
                    / (2 * step);
            assertEquals(expected, change, 0.002 + 0.01 * Math.abs(expected));
        }
    }

    /** With the jar of worker/layers beside it, and no other class of ours. */
    @Test
    void stockDl4jReadsWhatItLacksAndGoesOnTraining(@TempDir Path folder) throws IOException {
        var layers = List.of(
                EMBEDDING,
                POSITIONS,
                new Layer.Residual(List.of(LAYER_NORMALIZATION, ATTENTION)),
                BOTH,
                new Layer.Conv1d(4, 3, "relu"),
                LAYER_NORMALIZATION,
                OVERALL,
                OUTPUT);
        var network = create(WORDS, layers);
        var file = folder.resolve("model.zip").toFile();
        ModelSerializer.writeModel(network.dl4j(), file, true);
        var classes = Pattern.compile("\"@class\" : \"([^\"]+)\"")
                .matcher(network.configuration())
                .results()
                .map(each -> each.group(1))
                .filter(each -> each.startsWith("dev.capstan."))
                .collect(Collectors.toSet());
        assertEquals(
                Set.of(
                        "dev.capstan.layers.Attention",
                        "dev.capstan.layers.BothDirections",
                        "dev.capstan.layers.LayerNormalization",
                        "dev.capstan.layers.Positions"),
                classes);
        var read = ModelSerializer.restoreComputationGraph(file, true);
        var inputs = inputs(WORDS, 6, new Random(4));
        var mask = mask(inputs);
        assertEquals(
                network.output(inputs, mask), read.output(false, new INDArray[] {inputs}, new INDArray[] {mask})[0]);
        var labels = Nd4j.zeros(6, 3);
        labels.getColumn(1).assign(1);
        var samples = new DataSet(inputs, labels, mask, null);
        double before = read.score(samples);
        for (int i = 0; i < 20; i++) {
            read.fit(samples);
        }
        assertTrue(read.score(samples) < before / 2, () -> before + " has become " + read.score(samples));
    }

    /** What fills a batch up is looked at by no layer. */
    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("stacksOfWords")
    void aTextIsAnsweredAsItIsAlone(Shape shape, List<Layer> layers) {
        var network = create(shape, layers);
        network.parameters().addi(noise(network.parameters(), new Random(2)).muli(0.3));
        var inputs = inputs(shape, 3, new Random(3));
        var together = network.output(inputs, mask(inputs));
        // The first three texts have one to three words.
        for (int i = 0; i < 3; i++) {
            for (int j = i + 1; j < 5; j++) {
                inputs.putScalar(i, j, 5);
            }
        }
        var mask = Nd4j.createFromArray(new float[][] {{1, 0, 0, 0, 0}, {1, 1, 0, 0, 0}, {1, 1, 1, 0, 0}});
        assertTrue(together.equalsWithEps(network.output(inputs, mask), 1e-5), "it hangs on what fills it up");
    }

    private static double lossAt(
            Network network,
            INDArray start,
            INDArray direction,
            double step,
            INDArray inputs,
            INDArray labels,
            INDArray mask) {
        network.parameters().assign(start.add(direction.mul(step)));
        network.seed(5);
        return network.computeGradient(inputs, labels, mask);
    }

    private static INDArray noise(INDArray like, Random random) {
        var noise = like.ulike();
        for (long i = 0; i < noise.length(); i++) {
            noise.putScalar(i, random.nextGaussian());
        }
        return noise;
    }

    private static INDArray inputs(Shape shape, int rows, Random random) {
        var inputs = Nd4j.zeros(rows, shape.inputs());
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < shape.inputs(); j++) {
                inputs.putScalar(
                        i,
                        j,
                        switch (shape) {
                            case Shape.Tokens(var length, var vocabulary) ->
                                j > i ? 0 : 1 + random.nextInt(vocabulary - 1);
                            default -> random.nextFloat();
                        });
            }
        }
        return inputs;
    }

    private static INDArray mask(INDArray inputs) {
        return inputs.gt(0).castTo(inputs.dataType());
    }

    static Stream<Arguments> misfits() {
        return Stream.of(
                Arguments.of(
                        ROW,
                        List.of(convolution(2, 3, 1, Padding.VALID), OUTPUT),
                        "model.layers[0] is a convolution, but it gets rows of 7 numbers; it needs images: data of"
                                + " format idx or images, and no layer before it that flattens them"),
                Arguments.of(
                        GREY,
                        List.of(DENSE, AVERAGE, OUTPUT),
                        "model.layers[1] is a pooling, but it gets rows of 4 numbers; it needs images: data of format"
                                + " idx or images, and no layer before it that flattens them"),
                Arguments.of(
                        GREY,
                        List.of(AVERAGE, convolution(2, 3, 1, Padding.VALID), OUTPUT),
                        "model.layers[1].kernelSize is 3, but it gets images of 3 by 2 pixels and 1 channel; take a"
                                + " kernel of at most 2, or fewer layers before it that make the images smaller"),
                Arguments.of(
                        GREY,
                        List.of(EMBEDDING, OUTPUT),
                        "model.layers[0] is an embedding, but it gets images of 6 by 5 pixels and 1 channel; it needs"
                                + " words: data of format text with encoding: sequence"),
                Arguments.of(
                        WORDS,
                        List.of(EMBEDDING, EMBEDDING, OUTPUT),
                        "model.layers[1] is an embedding; only the first layer may be one"),
                Arguments.of(
                        ROW,
                        List.of(LSTM, OUTPUT),
                        "model.layers[0] is an lstm, but it gets rows of 7 numbers; it needs sequences: an embedding or"
                                + " another lstm with returnSequences: true before it"),
                Arguments.of(
                        WORDS,
                        List.of(LSTM, OUTPUT),
                        "model.layers[0] is an lstm, but it gets sequences of 5 words; an embedding must come first"),
                Arguments.of(
                        WORDS,
                        List.of(DENSE, OUTPUT),
                        "model.layers[0] is a dense layer, but it gets sequences of 5 words; an embedding must come"
                                + " first"),
                Arguments.of(
                        WORDS,
                        List.of(EMBEDDING, OUTPUT),
                        "model.layers[1] is an output layer, but it gets sequences of 5 vectors of 4 numbers; it needs"
                                + " rows or images; put a globalPooling or an lstm with returnSequences: false before"
                                + " it"),
                Arguments.of(
                        WORDS,
                        List.of(EMBEDDING, NORMALIZATION, LSTM, OUTPUT),
                        "model.layers[1] is a batchNormalization, but it gets sequences of 5 vectors of 4 numbers; it"
                                + " needs images or rows; put it behind a globalPooling or an lstm with"
                                + " returnSequences: false"),
                Arguments.of(
                        WORDS,
                        List.of(EMBEDDING, DROPOUT, OVERALL, OUTPUT),
                        "model.layers[1] is a dropout, but it gets sequences of 5 vectors of 4 numbers; of sequences it"
                                + " can drop only what an lstm gets; put it directly before an lstm, or behind the"
                                + " layer that ends the sequences"),
                Arguments.of(
                        ROW,
                        List.of(OVERALL, OUTPUT),
                        "model.layers[0] is a globalPooling, but it gets rows of 7 numbers; it needs images or"
                                + " sequences; leave it out"),
                Arguments.of(
                        WORDS,
                        List.of(EMBEDDING, new Layer.Attention(3), OVERALL, OUTPUT),
                        "model.layers[1].heads is 3, but it gets sequences of 5 vectors of 4 numbers, which can't be"
                                + " shared equally; take a number that divides 4"),
                Arguments.of(
                        WORDS,
                        List.of(EMBEDDING, LSTM, ATTENTION, OUTPUT),
                        "model.layers[2] is an attention, but it gets rows of 3 numbers; it needs sequences: data of"
                                + " format text with encoding: sequence, and no layer before it that ends the"
                                + " sequences"),
                Arguments.of(
                        GREY,
                        List.of(new Layer.Conv1d(2, 3, "relu"), OUTPUT),
                        "model.layers[0] is a conv1d, but it gets images of 6 by 5 pixels and 1 channel; it needs"
                                + " sequences: data of format text with encoding: sequence, and no layer before it that"
                                + " ends the sequences"),
                Arguments.of(
                        WORDS,
                        List.of(POSITIONS, OUTPUT),
                        "model.layers[0] is a positions layer, but it gets sequences of 5 words; an embedding must come"
                                + " first"),
                Arguments.of(
                        WORDS,
                        List.of(EMBEDDING, new Layer.Dense(4, "softmax"), OVERALL, OUTPUT),
                        "model.layers[1] is a dense layer with activation softmax, but it gets sequences of 5 vectors of"
                                + " 4 numbers; take another one, such as relu"),
                Arguments.of(
                        GREY,
                        List.of(LAYER_NORMALIZATION, OUTPUT),
                        "model.layers[0] is a layerNormalization, but it gets images of 6 by 5 pixels and 1 channel; it"
                                + " needs rows or sequences; take a batchNormalization, or put it behind a dense layer"),
                Arguments.of(
                        WORDS,
                        List.of(EMBEDDING, new Layer.Residual(List.of(BOTH)), OVERALL, OUTPUT),
                        "model.layers[1] is a residual that gets sequences of 5 vectors of 4 numbers, and whose layers"
                                + " make sequences of 5 vectors of 6 numbers of them; both are added, so its last layer"
                                + " must give what the block gets"),
                Arguments.of(
                        ROW,
                        List.of(new Layer.Residual(List.of(ATTENTION)), OUTPUT),
                        "model.layers[0].residual.layers[0] is an attention, but it gets rows of 7 numbers; it needs"
                                + " sequences: data of format text with encoding: sequence, and no layer before it that"
                                + " ends the sequences"),
                Arguments.of(
                        WORDS,
                        List.of(EMBEDDING, new Layer.Residual(List.of(ATTENTION, DROPOUT)), OVERALL, OUTPUT),
                        "model.layers[1].residual.layers[1] is a dropout, but it gets sequences of 5 vectors of 4"
                                + " numbers; of sequences it can drop only what an lstm gets; put it directly before an"
                                + " lstm, or behind the layer that ends the sequences"),
                Arguments.of(
                        ROW,
                        List.of(new Layer.Dense(100_000_000, "relu"), OUTPUT),
                        "model.layers have more than 536870911 parameters with rows of 7 numbers; this worker trains"
                                + " no larger model. Take fewer units or filters"));
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("misfits")
    void aLayerThatDoesNotFitIsNamed(Shape shape, List<Layer> layers, String sentence) {
        var e = assertThrows(Failure.class, () -> create(shape, layers));
        assertEquals(sentence, e.getMessage());
        assertEquals(Reason.InvalidJob, e.reason());
    }

    private static Layer convolution(int filters, int kernel, int stride, Padding padding) {
        return new Layer.Convolution(filters, kernel, stride, padding, "tanh");
    }

    private static Network create(Shape shape, List<Layer> layers) {
        return Networks.create(
                new JobFile.Model(layers, null, null, null),
                Fixtures.training(1, 6, Fixtures.SGD, 7),
                new Preprocessing(shape, List.of("a", "b", "c"), null),
                null);
    }
}
